"""Exports small Keras networks by tf2onnx and stores TensorFlow's own outputs and gradients beside them.

    python keras_models.py OUT

Channels last, so the graphs are full of Transpose, Pad and computed shapes; a TensorFlow Lite file of one network goes the other way that mobile
models come. OUT/cases.json is that of make.py: float64 outputs and the gradient of each row's greatest one.
Needs tensorflow, tf2onnx and numpy; run in a virtual environment.
"""

import argparse
import json
import os
import pathlib

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import keras
import numpy
import onnx
import tensorflow as tf
import tf2onnx
from keras import layers as L
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from fixture_files import pack

IMAGE = (16, 16, 3)


# The exact one becomes Erfc, which tf2onnx leaves in the file although ONNX has no such operator.
def gelu(x):
    return keras.ops.gelu(x, approximate=True)


def separable(x, width, stride):
    x = L.ZeroPadding2D(((0, 1), (0, 1)))(x) if stride == 2 else x
    x = L.DepthwiseConv2D(3, stride, padding='valid' if stride == 2 else 'same', use_bias=False)(x)
    x = L.ReLU(6.0)(L.BatchNormalization()(x))
    return L.ReLU(6.0)(L.BatchNormalization()(L.Conv2D(width, 1, use_bias=False)(x)))


def squeeze_excite(x, width):
    s = L.GlobalAveragePooling2D(keepdims=True)(x)
    s = L.Conv2D(2, 1, activation='relu')(s)
    return L.Multiply()([x, L.Conv2D(width, 1, activation='hard_sigmoid')(s)])


def cnn(x):
    x = L.MaxPooling2D(2)(L.Conv2D(4, 3, activation='relu')(x))
    x = L.MaxPooling2D(3, 2, padding='same')(L.Conv2D(6, 3, strides=2, padding='same', activation='elu')(x))
    return L.Dense(5)(L.Dropout(0.5)(L.Flatten()(x)))


def mobilenet(x):
    x = separable(separable(L.Conv2D(4, 3, strides=2, padding='same')(x), 6, 1), 8, 2)
    x = L.Reshape((1, 1, 8))(L.GlobalAveragePooling2D()(x))
    return L.Reshape((5,))(L.Conv2D(5, 1)(x))


def mobilenet3(x):
    x = L.Activation('hard_swish')(L.BatchNormalization()(L.Conv2D(4, 3, strides=2, padding='same')(x)))
    return L.Dense(5)(L.GlobalMaxPooling2D()(squeeze_excite(x, 4)))


def resnet(x):
    x = L.MaxPooling2D(3, 2)(L.ZeroPadding2D(1)(L.Conv2D(4, 3, padding='same', activation='relu')(x)))
    y = L.BatchNormalization()(L.Conv2D(4, 3, padding='same')(L.ReLU()(L.BatchNormalization()(x))))
    return L.Dense(5)(L.GlobalAveragePooling2D()(L.Add()([x, y])))


def densenet(x):
    x = L.Conv2D(4, 3, padding='same')(x)
    y = L.Conv2D(3, 3, padding='same')(L.Activation('relu')(L.BatchNormalization()(x)))
    x = L.AveragePooling2D(2, padding='same')(L.Concatenate()([x, y]))
    return L.Dense(5, activation='softmax')(L.GlobalAveragePooling2D()(x))


def unet(x):
    a = L.Conv2D(4, 3, padding='same', activation='swish')(x)
    b = L.Conv2D(6, 3, padding='same', activation=gelu)(L.AveragePooling2D(2)(a))
    u = L.Concatenate()([L.UpSampling2D(2)(b), L.UpSampling2D(2, interpolation='bilinear')(b), L.Conv2DTranspose(3, 3, 2, padding='same')(b), a])
    return L.GlobalAveragePooling2D()(L.Conv2D(5, 1)(u))


def text_cnn(x):
    x = L.GlobalMaxPooling1D()(L.Conv1D(6, 3, activation='tanh')(x))
    return L.Dense(5)(L.LeakyReLU(0.2)(L.Dense(6)(x)))


def attention(x):
    x = L.Add()([x, L.MultiHeadAttention(2, 4)(x, x)])
    x = L.LayerNormalization()(x)
    return L.Dense(5)(L.GlobalAveragePooling1D()(L.Dense(8, activation=gelu)(x)))


def tabular(x):
    x = L.PReLU()(L.Dense(8)(L.BatchNormalization()(L.Dense(8, activation='selu')(x))))
    x = L.Dense(6, activation='softplus')(L.Dense(6, activation='softsign')(x))
    return L.Dense(5, activation='exponential')(L.UnitNormalization()(x))


NETWORKS = [
    ('cnn', cnn, IMAGE), ('mobilenet', mobilenet, IMAGE), ('mobilenet3', mobilenet3, IMAGE), ('resnet', resnet, IMAGE),
    ('densenet', densenet, IMAGE), ('unet', unet, IMAGE), ('text-cnn', text_cnn, (7, 4)), ('attention', attention, (6, 8)),
    ('tabular', tabular, (6,)),
    ('lstm', lambda x: L.Dense(5)(L.LSTM(6)(x)), (7, 4)),
    ('lstm-bi', lambda x: L.Dense(5)(L.GlobalAveragePooling1D()(L.Bidirectional(L.LSTM(4, return_sequences=True))(x))), (7, 4)),
    ('gru', lambda x: L.Dense(5)(L.GRU(6)(x)), (7, 4)),
    ('lstm-masked', lambda x: L.Dense(5)(L.LSTM(6)(L.Masking()(x))), (7, 4)),
    ('gru-masked', lambda x: L.Dense(5)(L.GRU(6)(L.Masking()(x))), (7, 4)),
]  # fmt: skip


def network(build, shape, seed):
    keras.utils.set_random_seed(seed)
    x = keras.Input(shape)
    model = keras.Model(x, build(x))
    random = numpy.random.default_rng(seed)
    for layer in model.layers:
        if isinstance(layer, L.BatchNormalization):
            width = layer.gamma.shape
            layer.set_weights([random.uniform(0.5, 1.5, width), random.normal(0, 0.2, width), random.normal(0, 0.3, width), random.uniform(0.5, 1.5, width)])
    return model


def truth(build, shape, model, x, seed):
    """The same network in float64, with the float32 weights."""
    keras.backend.set_floatx('float64')
    double = network(build, shape, seed)
    double.set_weights([weight.astype('float64') for weight in model.get_weights()])
    keras.backend.set_floatx('float32')
    rows = tf.Variable(x, dtype='float64')
    with tf.GradientTape() as tape:
        logits = double(rows, training=False)
        targets = tf.argmax(logits, 1)
        score = tf.reduce_sum(tf.gather(logits, targets, axis=1, batch_dims=1))
    return targets.numpy().tolist(), logits.numpy(), tape.gradient(score, rows).numpy()


def export(model, shape, path, opset, batch):
    signature = [tf.TensorSpec((batch, *shape), tf.float32, name='x')]
    function = tf.function(lambda x: model(x, training=False), input_signature=signature)
    tf2onnx.convert.from_function(function, input_signature=signature, opset=opset, output_path=str(path))


def export_lite(model, shape, path):
    signature = [tf.TensorSpec((1, *shape), tf.float32, name='x')]
    function = tf.function(lambda x: model(x, training=False), input_signature=signature)
    frozen = convert_variables_to_constants_v2(function.get_concrete_function())
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
    lite = path.with_suffix('.tflite')
    lite.write_bytes(converter.convert())
    tf2onnx.convert.from_tflite(str(lite), opset=13, output_path=str(path))
    lite.unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out', type=pathlib.Path)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    cases = []
    for seed, (name, build, shape) in enumerate(NETWORKS):
        model = network(build, shape, seed)
        variants = {
            'opset13': lambda path: export(model, shape, path, 13, None),
            'opset18': lambda path: export(model, shape, path, 18, None),
            'lite-fixed': lambda path: export_lite(model, shape, path),
        }
        files = []
        for variant, write in variants.items():
            path = out / f'{name}.{variant}.onnx'
            try:
                write(path)
                onnx.checker.check_model(path)  # what it cannot convert, tf2onnx may leave as it was
                files.append(path.name)
            except Exception as error:  # an exporter that refuses a network, or writes an invalid file, is recorded, not hidden
                path.unlink(missing_ok=True)
                print(f'{path.name}: {type(error).__name__} {str(error)[:150]!r}')
        x = numpy.random.default_rng(7).normal(size=(3, *shape)).astype('float32')
        if name.endswith('masked'):
            x[1, 5:] = x[2, 3:] = 0
        targets, logits, gradient = truth(build, shape, model, x, seed)
        packed = {'x': pack(x), 'targets': targets, 'logits': pack(logits), 'gradient': pack(gradient)}
        cases.append({'family': name, 'files': files, **packed})
        print(name, len(files), flush=True)
    (out / 'cases.json').write_text(json.dumps(cases, indent=1))


main()
