"""Compares numbers of onnxplain with those that Captum computes on the spot, on a small torch model that is exported to ONNX.

    python scripts/peers/captum_agreement.py [--out FOLDER]

Needs torch, captum (0.9), onnxscript and scikit-learn; says so and ends with 0 where one of them is missing. Random numbers are drawn once, by either
side, and handed to the other. `captum-agreement.ts` computes our numbers and prints the table.
"""

import argparse
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
FEATURES, CLASS, SEED = 8, 1, 3


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument('--out', default='out/captum')
    folder = pathlib.Path(parser.parse_args().out)
    try:
        import captum
        import onnxscript  # noqa: F401
        import sklearn  # noqa: F401
        import torch
    except ImportError as missing:
        print(f'skipped: {missing}. Install torch, captum, onnxscript and scikit-learn.')
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(SEED)
    model = torch.nn.Sequential(
        torch.nn.Linear(FEATURES, 16), torch.nn.ReLU(), torch.nn.Linear(16, 16), torch.nn.Tanh(), torch.nn.Linear(16, 3)
    )
    model.eval()
    x = torch.randn(1, FEATURES)
    export(model, x, folder / 'model.onnx')
    write(folder / 'input.json', {'x': x, 'class': CLASS})
    run_ours('draws', folder)
    ours = json.loads((folder / 'draws.json').read_text())
    write(folder / 'captum.json', {'captum': captum.__version__, 'torch': torch.__version__, **numbers(model, x, ours)})
    return run_ours('compare', folder)


def export(model, x, path):
    import torch

    torch.onnx.export(
        model, (x,), str(path), input_names=['x'], output_names=['logits'],
        dynamic_shapes=({0: torch.export.Dim('batch', min=1, max=4096)},), dynamo=True, external_data=False, verbose=False,
    )


def run_ours(step, folder):
    return subprocess.run(['npx', 'tsx', str(HERE / 'captum-agreement.ts'), step, str(folder)], check=False).returncode


def numbers(model, x, ours):
    """Captum's numbers, with the random numbers that they were computed from."""
    import torch
    from captum.attr import (
        FeaturePermutation, KernelShap, Lime, NoiseTunnel, Saliency, ShapleyValues, ShapleyValueSampling,
    )
    from captum.metrics import infidelity, sensitivity_max

    saliency = Saliency(model)

    def slope(inputs, **_):
        single = inputs[0] if isinstance(inputs, tuple) else inputs
        return (saliency.attribute(single, target=CLASS, abs=False),)

    gradient = slope(x)[0]
    noise = 0.3 * torch.randn(200, FEATURES)
    draws = {'captum': noise, 'onnxplain': torch.tensor(ours['deltas'])}
    found = {'gradient': gradient, 'noise': noise}
    for who, deltas in draws.items():
        # Captum hands the radius to functions of two arguments, so that these have one.
        for normalize in (False, True):
            name = f'infidelity {"normalised " if normalize else ""}{who}'
            found[name] = infidelity(
                model, taking(deltas), x, gradient, target=CLASS, n_perturb_samples=len(deltas), normalize=normalize,
            )
        found[f'sensitivity {who}'] = sensitivity_max(
            slope, x, perturb_func=moving(deltas), n_perturb_samples=len(deltas),
        )
    found['shapley'] = ShapleyValues(model).attribute(x, target=CLASS)
    found['shapley sampled'] = ShapleyValueSampling(model).attribute(x, target=CLASS, n_samples=2000)
    found['kernel-shap'] = KernelShap(model).attribute(x, target=CLASS, n_samples=4000)
    found['smooth inputs'], found['smooth'] = smooth(model, x, NoiseTunnel, Saliency)
    other = torch.randn(1, FEATURES)
    swap = FeaturePermutation(model, perm_func=lambda batch, mask: torch.where(mask, batch.flip(0), batch))
    found['other'] = other
    found['permutation'] = swap.attribute(torch.cat([x, other]), target=CLASS)[:1]
    found['lime'] = lime(model, x, Lime)
    return found


def lime(model, x, Lime):
    """Unregularised LIME over all coalitions, each once, with the weights exp(-(1 - sqrt(s/d))² / 0.25²)."""
    import torch
    from captum._utils.models.linear_model import SkLearnLinearRegression

    sets = iter(range(2**FEATURES))

    def next_set(_inputs, **_):
        number = next(sets)
        return torch.tensor([[float(number >> j & 1) for j in range(FEATURES)]])

    def weight(_original, _perturbed, kept, **_):
        return torch.exp(-((1 - torch.sqrt(kept.sum() / FEATURES)) ** 2) / 0.25**2)

    explainer = Lime(
        model, interpretable_model=SkLearnLinearRegression(), similarity_func=weight, perturb_func=next_set,
    )
    return explainer.attribute(x, target=CLASS, n_samples=2**FEATURES)


def smooth(model, x, NoiseTunnel, Saliency):
    """SmoothGrad of NoiseTunnel, and the noisy inputs that it explained."""
    import torch

    seen = []

    def recorded(inputs):
        seen.append(inputs.detach().clone())
        return model(inputs)

    values = NoiseTunnel(Saliency(recorded)).attribute(x, nt_samples=60, stdevs=0.2, target=CLASS, abs=False)
    return torch.cat(seen), values


def taking(deltas):
    """The stored perturbations as infidelity takes them: what is taken away, and the perturbed inputs."""
    return lambda inputs: (deltas, inputs - deltas)


def moving(deltas):
    """The perturbed inputs alone, as sensitivity_max takes them."""
    return lambda inputs: inputs - deltas


def write(path, values):
    path.write_text(json.dumps({name: value.tolist() if hasattr(value, 'tolist') else value for name, value in values.items()}))


if __name__ == '__main__':
    sys.exit(main())
