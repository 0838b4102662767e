"""What the scripts share that export transformer models: arguments, weights, and one file for each exporter."""

import argparse
import contextlib
import io
import logging
import pathlib
import warnings

from torch import nn


def arguments_of(description):
    """The output folder, which is made, and the one model to export, if any."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out', type=pathlib.Path)
    parser.add_argument('--only')
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    return arguments


def silence():
    """Hides the warnings of the exporters."""
    warnings.filterwarnings('ignore')
    logging.disable(logging.WARNING)


def draw_weights(model, spread):
    """Draws all matrices of a model from a normal distribution."""
    for parameter in model.parameters():
        if parameter.dim() > 1:
            nn.init.normal_(parameter, 0, spread)


def export_variants(variants, path_of, export):
    """Writes one file for each variant by export(path, dynamo). Returns the names of the files; prints why an exporter refuses a model."""
    files = []
    for variant, dynamo in variants:
        path = path_of(variant)
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                export(path, dynamo)
            files.append(path.name)
        except Exception as error:  # an exporter that refuses a module is recorded, not hidden
            path.unlink(missing_ok=True)
            print(f'{path.name}: {type(error).__name__} {str(error).splitlines()[0][:150]}')
    return files
