"""Runs ONNX's own checker, shape inference in strict mode included, over every model file in a folder and the folders in it.

    pnpm exec tsx scripts/write-gradients.ts FOLDER MODEL.onnx...
    python scripts/check-gradients.py FOLDER [--run]

With --run each file is also opened in ONNX Runtime. Prints every file that fails, and counts by reason. Exits with 1 after a failure.
Needs onnx (and onnxruntime).
"""

import argparse
import collections
import pathlib
import re
import sys

import onnx


def first_line(error):
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f'{type(error).__name__}: {" ".join(lines)[:400]}'


def kind(reason):
    """Without names and numbers, so that one cause is one kind."""
    return re.sub(r'\d+', '#', re.sub(r'"[^"]*"|\'[^\']*\'|\([^()]*\)|/\S+', '_', reason))[:160]


def complaint(path, run):
    try:
        onnx.checker.check_model(path, full_check=True)
        if run:
            open_session(path)
    except Exception as error:  # whatever a checker throws is its verdict
        return first_line(error)
    return None


def open_session(path):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    onnxruntime.InferenceSession(path, options, providers=['CPUExecutionProvider'])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folder', type=pathlib.Path)
    parser.add_argument('--run', action='store_true')
    arguments = parser.parse_args()
    paths = sorted(arguments.folder.rglob('*.onnx'))
    reasons = collections.Counter()
    for path in paths:
        reason = complaint(str(path), arguments.run)
        if reason is not None:
            reasons[kind(reason)] += 1
            print(f'{path.relative_to(arguments.folder)}: {reason}')
    failed = sum(reasons.values())
    print(f'{len(paths)} files, {len(paths) - failed} passed, {failed} failed (onnx {onnx.__version__})')
    for reason, count in reasons.most_common():
        print(f'  {count} times: {reason}')
    sys.exit(1 if failed or not paths else 0)


main()
