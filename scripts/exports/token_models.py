"""Exports small text classifiers with random weights as users export them, from token ids on, and stores Captum's numbers.

    python token_models.py OUT [--only NAME]

Inputs are input_ids, attention_mask and, of BERT, token_type_ids, all int64 [N, L]. The TorchScript-based exporter at opset 17 and the
dynamo-based one at opset 18, both with symbolic batch and length. OUT/cases.json: ids, masks, targets, logits, and per explained layer
Captum's attributions of the target logit: LayerGradientXActivation and LayerIntegratedGradients (Gauss-Legendre) with zeros, and with the
pad token's ids, for a baseline, summed over the hidden axis as Captum's tutorials do; and the norms of autograd's slopes.
Needs torch, onnxscript, transformers and captum; run in a virtual environment.
"""

import json

import onnx
import torch
import transformers
from captum.attr import LayerIntegratedGradients
from torch import nn

from fixture_files import forget_source, pack
from transformer_files import arguments_of, draw_weights, export_variants, silence

WORDS = '[PAD] [UNK] [CLS] [SEP] the a film was is not very good bad dull bright story actor ##s ##ly .'.split()
IDS = [[2, 4, 6, 7, 9, 10, 11, 19, 3, 0, 0, 0], [2, 5, 13, 15, 8, 14, 18, 19, 12, 16, 17, 3]]
LENGTH = len(IDS[0])
STEPS = 24
TEXT = dict(vocab_size=len(WORDS), max_position_embeddings=16, num_labels=3)


class Call(nn.Module):
    """The logits of a library's model, of positional inputs."""

    def __init__(self, model, names):
        super().__init__()
        self.model, self.names = model, names

    def forward(self, *inputs):
        return self.model(**dict(zip(self.names, inputs))).logits


def make():
    bert = dict(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32)
    distil = dict(dim=16, n_layers=1, n_heads=2, hidden_dim=32)
    build = lambda family, config: getattr(transformers, family)._from_config(config, attn_implementation='eager')
    yield 'distilbert', build('DistilBertForSequenceClassification', transformers.DistilBertConfig(**distil, **TEXT)), ['input_ids', 'attention_mask'], 'distilbert'
    yield 'bert', build('BertForSequenceClassification', transformers.BertConfig(**bert, **TEXT)), ['input_ids', 'attention_mask', 'token_type_ids'], 'bert'
    yield 'roberta', build('RobertaForSequenceClassification', transformers.RobertaConfig(pad_token_id=0, **bert, **TEXT)), ['input_ids', 'attention_mask'], 'roberta'


def inputs_of(names):
    ids = torch.tensor(IDS)
    types = torch.zeros_like(ids)
    types[:, LENGTH // 2:] = 1
    known = {'input_ids': ids, 'attention_mask': (ids != 0).long(), 'token_type_ids': types}
    return {name: known[name] for name in names}


def export(module, inputs, path, dynamo):
    names = dict(input_names=list(inputs), output_names=['logits'])
    arguments = tuple(inputs.values())
    if dynamo:
        free = {0: torch.export.Dim('batch'), 1: torch.export.Dim('length', max=16)}
        torch.onnx.export(module, arguments, path, dynamo=True, opset_version=18, dynamic_shapes=((free,) * len(arguments),), external_data=False, **names)
    else:
        axes = {name: {0: 'batch', 1: 'length'} for name in inputs}
        torch.onnx.export(module, arguments, path, dynamo=False, opset_version=17, dynamic_axes={**axes, 'logits': {0: 'batch'}}, **names)
    forget_source(path)
    onnx.checker.check_model(path)


def truth(module, embeddings, inputs):
    """Of the word embedding's output: the model in float64, targets, logits, and attributions [N, L]."""
    double = module.double()
    ids, *others = inputs.values()
    with torch.no_grad():
        logits = double(ids, *others)
    targets = logits.argmax(1)
    found = {}
    explain = LayerIntegratedGradients(double, embeddings.word_embeddings)
    asked = dict(additional_forward_args=tuple(others), target=targets, n_steps=STEPS, method='gausslegendre')
    # Captum takes a baseline of ids only: the row of zeros that follows the vocabulary stands for no word at all.
    table = embeddings.word_embeddings
    table.weight = nn.Parameter(torch.cat([table.weight.detach(), torch.zeros(1, table.embedding_dim)]).double())
    found['ig_zero'] = explain.attribute(ids, baselines=torch.full_like(ids, len(WORDS)), **asked)
    found['ig_pad'] = explain.attribute(ids, baselines=torch.zeros_like(ids), **asked)
    held = {}
    hook = table.register_forward_hook(lambda _, __, out: held.update(x=out.requires_grad_()) or out)
    slopes = torch.autograd.grad(double(ids, *others).gather(1, targets[:, None]).sum(), held['x'])[0]
    hook.remove()
    return dict(
        targets=targets.tolist(),
        logits=pack(logits.numpy()),
        embedded=pack(held['x'].detach().numpy()),
        slopes=pack(slopes.numpy()),
        slope_norms=pack(slopes.norm(dim=-1).numpy()),
        **{name: pack(value.sum(-1).detach().numpy()) for name, value in found.items()},
    )


def main():
    arguments = arguments_of(__doc__)
    silence()
    torch.manual_seed(0)
    cases = []
    for name, model, names, family in make():
        draw_weights(model, 0.3)
        if arguments.only not in (None, name):
            continue
        module, inputs = Call(model.eval(), names).eval(), inputs_of(names)
        files = export_variants(
            (('ts17', False), ('dynamo18', True)),
            lambda variant: arguments.out / f'{name}.{variant}.onnx',
            lambda path, dynamo: export(module, inputs, path, dynamo),
        )
        numbers = truth(module, getattr(model, family).embeddings, inputs)
        cases.append({'family': name, 'files': files, 'steps': STEPS, 'inputs': {key: value.tolist() for key, value in inputs.items()}, **numbers})
        print(name, files)
    (arguments.out / 'cases.json').write_text(json.dumps(cases, indent=1))
    (arguments.out / 'vocab.txt').write_text('\n'.join(WORDS) + '\n')


main()
