"""Runs explanations and measures of Captum one at a time, as it is told. bench/captum.ts starts it.

Reads JSON lines on standard input and answers each with one. The first is {network, folder, threads}: the network is made by
scripts/exports/networks.py, written to FOLDER/NETWORK.onnx and described (its input x, its scores of two rows, the versions). Each further
one is {job, repeats}: the job is run so often, and the seconds, the processor time and the rows that the network evaluated for one are the
answer.
Answers {skipped} and ends with 0 where torch, torchvision, captum or onnx is missing.
"""

import contextlib
import json
import pathlib
import sys
import time
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / 'scripts/exports'))

try:
    import captum
    import onnx  # noqa: F401
    import torch
    from captum.attr import IntegratedGradients, NoiseTunnel, Occlusion, Saliency
    from captum.metrics import infidelity, sensitivity_max
    from networks import build, export
except ImportError as missing:
    print(json.dumps({'skipped': f'{missing.name} is not installed'}))
    sys.exit(0)

TARGET, DRAWS, SQUARES, RADIUS, SIGMA = 3, 50, 1000, 0.1, 0.2
# Numbers of rows in one pass: the fastest is taken.
FORWARD_CHUNKS = {'lenet': (125, 250, 500, 1000), 'resnet18': (10, 25, 50)}
GRADIENT_CHUNKS = {'lenet': (25, 50), 'resnet18': (10, 25, 50)}


def say(answer):
    sys.stdout.write(json.dumps(answer) + '\n')
    sys.stdout.flush()


def fastest(step, sizes):
    """The number of rows in one pass that takes the least time for a row, each by the best of three passes after one that warms up."""
    # Other programs have little influence on the processor time, which is the time where there is one thread.
    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter

    def cost(size):
        times = []
        for _ in range(4):
            started = clock()
            step(size)
            times.append(clock() - started)
        return min(times[1:]) / size

    return min(sizes, key=cost)


def chunks(network, model, x):
    def forward(rows):
        with torch.no_grad():
            model(x.expand(rows, *x.shape[1:]))
            model(x)  # As infidelity does for each pass.

    def gradient(rows):
        Saliency(model).attribute(x.repeat(rows, 1, 1, 1), target=TARGET, abs=False)

    return fastest(forward, FORWARD_CHUNKS[network]), fastest(gradient, GRADIENT_CHUNKS[network])


def squares(side):
    """Takes one square of all channels away from each row: what is taken away, and what stays."""
    def perturb(rows):
        n, _, height, width = rows.shape
        top = torch.randint(height - side + 1, (n, 1))
        left = torch.randint(width - side + 1, (n, 1))
        y, x = torch.arange(height), torch.arange(width)
        inside = ((y >= top) & (y < top + side))[:, :, None] & ((x >= left) & (x < left + side))[:, None, :]
        taken = rows * inside[:, None]
        return taken, rows - taken

    return perturb


def jobs_of(model, x, forward_chunk, gradient_chunk):
    saliency, occlusion = Saliency(model), Occlusion(model)
    paths, smoothed = IntegratedGradients(model), NoiseTunnel(saliency)
    _, channels, height, _ = x.shape
    window = height // 7
    slopes = saliency.attribute(x, target=TARGET, abs=False)
    return {
        'infidelity': lambda: infidelity(
            model, squares(height // 4), x, slopes, target=TARGET, n_perturb_samples=SQUARES,
            max_examples_per_batch=forward_chunk,
        ),
        'sensitivity': lambda: sensitivity_max(
            saliency.attribute, x, perturb_radius=RADIUS, n_perturb_samples=DRAWS, max_examples_per_batch=gradient_chunk,
            target=TARGET, abs=False,
        ),
        'integrated-gradients': lambda: paths.attribute(
            x, target=TARGET, n_steps=DRAWS, internal_batch_size=gradient_chunk, return_convergence_delta=True,
        ),
        'smooth-grad': lambda: smoothed.attribute(
            x, target=TARGET, nt_samples=DRAWS, nt_samples_batch_size=gradient_chunk, stdevs=SIGMA, abs=False,
        ),
        'occlusion': lambda: occlusion.attribute(
            x, target=TARGET, sliding_window_shapes=(channels, window, window), strides=(channels, window, window),
            perturbations_per_eval=min(forward_chunk, 49),
        ),
        'gradient': lambda: saliency.attribute(x, target=TARGET, abs=False),
    }


def run(job, repeats, counted):
    before = sum(counted)
    processor, started = time.process_time(), time.perf_counter()
    for _ in range(repeats):
        job()
    seconds, spent = time.perf_counter() - started, time.process_time() - processor
    return {'seconds': seconds / repeats, 'processor': spent / repeats, 'rows': (sum(counted) - before) // repeats}


def main():
    asked = json.loads(sys.stdin.readline())
    warnings.filterwarnings('ignore')
    torch.set_num_threads(asked['threads'])
    network, folder = asked['network'], pathlib.Path(asked['folder'])
    model, shape = build(network)
    path = folder / f'{network}.onnx'
    with contextlib.redirect_stdout(sys.stderr):
        export(model, shape, path)
    two = torch.rand(2, *shape)
    with torch.no_grad():
        scores = model(two)
    x = two[:1]
    forward_chunk, gradient_chunk = chunks(network, model, x)
    counted = []
    model.register_forward_hook(lambda _module, inputs, _output: counted.append(inputs[0].shape[0]))
    say({
        'model': str(path), 'shape': shape, 'rows': two.flatten().tolist(), 'scores': scores.tolist(), 'target': TARGET,
        'versions': f'Captum {captum.__version__}, torch {torch.__version__}',
        'chunks': f'{forward_chunk} rows in a forward pass, {gradient_chunk} in a gradient',
    })
    jobs = jobs_of(model, x, forward_chunk, gradient_chunk)
    for line in sys.stdin:
        turn = json.loads(line)
        say(run(jobs[turn['job']], turn['repeats'], counted))


main()
