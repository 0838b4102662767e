"""Exports small transformers with random weights, from the library that most users have them from, and stores PyTorch's logits and gradients.

    python transformers_models.py OUT [--only NAME]

They run from the embeddings on (`inputs_embeds`), as a gradient by tokens needs it, or from pixels or a waveform. The TorchScript-based exporter
at opset 17 with a fixed batch of 1, where masks and positions are constants in the file, and the dynamo-based one at opset 18 with a
symbolic batch. OUT/cases.json is that of make.py. Needs torch, onnxscript and transformers; run in a virtual environment.
"""

import json

import onnx
import torch
import transformers
from torch import nn

from fixture_files import forget_source, pack
from transformer_files import arguments_of, draw_weights, export_variants, silence

WIDTH, LENGTH = 16, 12
SIZES = dict(hidden_size=WIDTH, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32)
TEXT = dict(vocab_size=20, max_position_embeddings=16)


class Call(nn.Module):
    """A model as a function of one float tensor."""

    def __init__(self, model, run):
        super().__init__()
        self.model, self.run = model, run

    def forward(self, x):
        return self.run(self.model, x)


def make():
    classify = lambda model, x: model(inputs_embeds=x).logits
    mask = lambda x: torch.ones(x.shape[:2], dtype=torch.int64)
    continue_ = lambda model, x: model(inputs_embeds=x, attention_mask=mask(x), use_cache=False).logits[:, -1]

    def model(family, config, attention='sdpa'):
        made = getattr(transformers, config[0])(**config[1])
        return getattr(transformers, family)._from_config(made, attn_implementation=attention)

    yield 'bert', model('BertForSequenceClassification', ('BertConfig', dict(num_labels=5, **SIZES, **TEXT))), classify
    yield 'roberta', model('RobertaForSequenceClassification', ('RobertaConfig', dict(num_labels=5, pad_token_id=1, **SIZES, **TEXT))), classify
    yield 'distilbert', model('DistilBertForSequenceClassification', ('DistilBertConfig', dict(dim=WIDTH, n_layers=1, n_heads=2, hidden_dim=32, num_labels=5, **TEXT))), classify
    yield 'albert', model('AlbertForSequenceClassification', ('AlbertConfig', dict(embedding_size=WIDTH, num_labels=5, **SIZES, **TEXT))), classify
    yield 'deberta', model('DebertaV2ForSequenceClassification', ('DebertaV2Config', dict(relative_attention=True, pos_att_type=['p2c', 'c2p'], position_buckets=8, num_labels=5, **SIZES, **TEXT)), 'eager'), classify
    yield 't5-encoder', model('T5EncoderModel', ('T5Config', dict(d_model=WIDTH, d_kv=8, d_ff=32, num_layers=1, num_heads=2, feed_forward_proj='gated-gelu', vocab_size=20)), 'eager'), lambda m, x: m(inputs_embeds=x).last_hidden_state.mean(1)
    yield 'gpt2', model('GPT2LMHeadModel', ('GPT2Config', dict(n_embd=WIDTH, n_layer=1, n_head=2, n_positions=16, vocab_size=20)), 'eager'), continue_
    yield 'llama', model('LlamaForCausalLM', ('LlamaConfig', dict(num_key_value_heads=1, **SIZES, **TEXT)), 'eager'), continue_
    yield 'vit-library', model('ViTForImageClassification', ('ViTConfig', dict(image_size=16, patch_size=4, num_labels=5, **SIZES))), lambda m, x: m(pixel_values=x).logits
    yield 'wav2vec2', model('Wav2Vec2ForSequenceClassification', ('Wav2Vec2Config', dict(conv_dim=(8, 8), conv_kernel=(5, 3), conv_stride=(3, 2), num_feat_extract_layers=2, num_conv_pos_embeddings=4, num_conv_pos_embedding_groups=2, classifier_proj_size=8, num_labels=5, **SIZES)), 'eager'), lambda m, x: m(input_values=x).logits


SHAPES = {'vit-library': (3, 16, 16), 'wav2vec2': (120,)}


def export(module, x, path, dynamo):
    names = dict(input_names=['x'], output_names=['logits'])
    if dynamo:
        torch.onnx.export(module, (x,), path, dynamo=True, opset_version=18, dynamic_shapes=({0: torch.export.Dim('N')},), external_data=False, **names)
    else:
        torch.onnx.export(module, (x[:1],), path, dynamo=False, opset_version=17, **names)
    forget_source(path)
    onnx.checker.check_model(path)


def truth(module, x):
    double, x = module.double(), x.double().requires_grad_()
    logits = double(x)
    targets = logits.argmax(1)
    logits.gather(1, targets[:, None]).sum().backward()
    return targets.tolist(), logits.detach().numpy(), x.grad.numpy()


def main():
    arguments = arguments_of(__doc__)
    silence()
    torch.manual_seed(0)
    cases = []
    for name, model, run in make():
        draw_weights(model, 0.15)
        if arguments.only not in (None, name):
            continue
        module = Call(model.eval(), run).eval()
        x = torch.randn(2, *SHAPES.get(name, (LENGTH, WIDTH)), generator=torch.Generator().manual_seed(7))
        files = export_variants(
            (('ts17-fixed', False), ('dynamo18', True)),
            lambda variant: arguments.out / f'{name}.{variant}.onnx',
            lambda path, dynamo: export(module, x, path, dynamo),
        )
        targets, logits, gradient = truth(module, x)
        cases.append({'family': name, 'files': files, 'x': pack(x.numpy()), 'targets': targets, 'logits': pack(logits), 'gradient': pack(gradient)})
        print(name, files)
    (arguments.out / 'cases.json').write_text(json.dumps(cases, indent=1))


main()
