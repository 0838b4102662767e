"""Makes small models whose outputs are probabilities, or look like them, and stores what ONNX Runtime gives for them.

    python probability_models.py OUT

OUT/cases.json: per file its input x, the output's name, what ONNX Runtime gives for x, and what that is: 'probabilities', 'log-probabilities',
'logits' (several unbounded numbers a row), or 'unbounded' (one such number, or those of a regressor). Estimators of scikit-learn are exported by skl2onnx, and
files that do not give their predict_proba are printed; other files are written by hand: spellings of softmax and sigmoid, and what exporters put after them.
Needs scikit-learn, skl2onnx and onnxruntime; run in a virtual environment.
"""

import argparse
import json
import pathlib
import warnings

import numpy
import onnx
import onnx.parser
import onnxruntime
from skl2onnx import to_onnx
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingClassifier,
)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import BernoulliNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from fixture_files import pack

FEW = dict(n_estimators=3, random_state=0)
SMALL = dict(hidden_layer_sizes=(5,), max_iter=80, random_state=0)

CLASSIFIERS = {
    'knn': lambda: KNeighborsClassifier(3),
    'gaussian-nb': GaussianNB,
    'bernoulli-nb': BernoulliNB,
    'multinomial-nb': MultinomialNB,
    'complement-nb': ComplementNB,
    'calibrated-sigmoid': lambda: CalibratedClassifierCV(LinearSVC(), method='sigmoid', cv=2),
    'calibrated-isotonic': lambda: CalibratedClassifierCV(LogisticRegression(max_iter=500), method='isotonic', cv=2),
    'voting': lambda: VotingClassifier([('a', LogisticRegression(max_iter=500)), ('b', GaussianNB())], voting='soft', flatten_transform=False),
    'gradient-boosting': lambda: GradientBoostingClassifier(max_depth=2, **FEW),
    'ada-boost': lambda: AdaBoostClassifier(**FEW),
    'bagging': lambda: BaggingClassifier(DecisionTreeClassifier(max_depth=2), **FEW),
    'random-forest': lambda: RandomForestClassifier(max_depth=3, **FEW),
    'extra-trees': lambda: ExtraTreesClassifier(max_depth=3, **FEW),
    'decision-tree': lambda: DecisionTreeClassifier(max_depth=2),
    # Of two classes the file gives other probabilities than the estimator.
    'lda': LinearDiscriminantAnalysis,
    'mlp': lambda: make_pipeline(StandardScaler(), MLPClassifier(**SMALL)),
    'svc-probability': lambda: make_pipeline(StandardScaler(), SVC(probability=True, random_state=0)),
    'ovr': lambda: OneVsRestClassifier(LogisticRegression(max_iter=500)),
    'scaled-logistic': lambda: make_pipeline(StandardScaler(), LogisticRegression()),
    # No probabilities: signed distances.
    'linear-svc': LinearSVC,
}  # fmt: skip

REGRESSORS = {
    'linear': LinearRegression,
    'knn-regressor': lambda: KNeighborsRegressor(3),
    'forest-regressor': lambda: RandomForestRegressor(max_depth=3, **FEW),
    'boosted-regressor': lambda: GradientBoostingRegressor(max_depth=2, **FEW),
    'tree-regressor': lambda: DecisionTreeRegressor(max_depth=2),
}

W = 'float[6, 3] w = {0.9, -0.2, 0.1, -0.4, 0.8, 0.3, 0.2, -0.6, 0.5, -0.7, 0.4, 0.6, 0.3, -0.1, -0.5, 0.25, 0.75, -0.35}'
V = 'float[6, 3] v = {-0.1, 0.4, 0.2, 0.7, -0.3, 0.1, -0.5, 0.6, 0.15, 0.35, -0.8, 0.4, 0.05, 0.45, -0.9, 0.55, -0.25, 0.65}'
U = 'float[6, 1] u = {0.9, -0.2, 0.1, -0.4, 0.8, 0.3}'

# What follows the logits z [N, 3], z2 [N, 3] or the one logit t [N, 1]; the output is y.
HAND = {
    'softmax-last': ('probabilities', 'y = Softmax<axis = -1>(z)'),
    'softmax-other-axis': ('probabilities', 'a = Transpose(z)  b = Softmax<axis = 0>(a)  y = Transpose(b)'),
    'log-softmax': ('log-probabilities', 'y = LogSoftmax<axis = 1>(z)'),
    'log-softmax-spelled': ('log-probabilities', 'e = Exp(z)  s = ReduceSum(e, one)  l = Log(s)  y = Sub(z, l)'),
    'log-softmax-exp': ('probabilities', 'l = LogSoftmax<axis = 1>(z)  y = Exp(l)'),
    'log-of-softmax-slice': ('log-probabilities', 's = Softmax<axis = 1>(z)  c = Slice(s, zero, two, one)  y = Log(c)'),
    'temperature': ('probabilities', 'a = Div(z, warm)  y = Softmax<axis = 1>(a)'),
    'softmax-gather': ('probabilities', 's = Softmax<axis = 1>(z)  y = Gather<axis = 1>(s, picked)'),
    'softmax-column': ('probabilities', 's = Softmax<axis = 1>(z)  y = Gather<axis = 1>(s, last)'),
    'softmax-split': ('probabilities', 's = Softmax<axis = 1>(z)  y, rest = Split<axis = 1>(s, parts)'),
    'softmax-cast': ('probabilities', 'h = Cast<to = 10>(z)  s = Softmax<axis = 1>(h)  y = Cast<to = 1>(s)'),
    'averaged-softmaxes': ('probabilities', 'a = Softmax<axis = 1>(z)  b = Softmax<axis = 1>(z2)  s = Add(a, b)  y = Div(s, twice)'),
    'stacked-softmaxes': ('probabilities', 'a = Softmax<axis = 1>(z)  b = Softmax<axis = 1>(z2)  c = Unsqueeze(a, zero)  d = Unsqueeze(b, zero)  e = Concat<axis = 0>(c, d)  y = ReduceMean<axes = [0], keepdims = 0>(e)'),
    'weighted-softmaxes': ('probabilities', 'a = Softmax<axis = 1>(z)  b = Softmax<axis = 1>(z2)  c = Mul(a, third)  d = Mul(b, thirds)  y = Add(c, d)'),
    'mixed-softmax': ('probabilities', 'a = Softmax<axis = 1>(z)  y = MatMul(a, mix)'),
    'spelled-softmax': ('probabilities', 'm = ReduceMax<axes = [1]>(z)  a = Sub(z, m)  e = Exp(a)  s = ReduceSum(e, one)  y = Div(e, s)'),
    'spelled-softmax-no-maximum': ('probabilities', 'e = Exp(z)  s = ReduceSum(e, one)  y = Div(e, s)'),
    'spelled-softmax-twice-exp': ('probabilities', 'e = Exp(z)  f = Exp(z)  s = ReduceSum(f, one)  y = Div(e, s)'),
    'spelled-softmax-reciprocal': ('probabilities', 'e = Exp(z)  s = ReduceSum(e, one)  r = Reciprocal(s)  y = Mul(e, r)'),
    'spelled-softmax-epsilon': ('probabilities', 'e = Exp(z)  s = ReduceSum(e, one)  d = Add(s, tiny)  y = Div(e, d)'),
    'spelled-softmax-logsumexp': ('probabilities', 'l = ReduceLogSumExp<axes = [1]>(z)  a = Sub(z, l)  y = Exp(a)'),
    'spelled-softmax-by-product': ('probabilities', 'e = Exp(z)  s = MatMul(e, ones)  y = Div(e, s)'),
    'two-class-softmax-by-sigmoid': ('probabilities', 'p = Sigmoid(t)  q = Sub(unit, p)  y = Concat<axis = 1>(q, p)'),
    'two-logits': ('probabilities', 'n = Neg(t)  c = Concat<axis = 1>(n, t)  y = Softmax<axis = 1>(c)'),
    'sigmoids': ('probabilities', 'y = Sigmoid(z)'),
    'sigmoid-column': ('probabilities', 'y = Sigmoid(t)'),
    'sigmoid-squeezed': ('probabilities', 'p = Sigmoid(t)  y = Squeeze(p, one)'),
    'sigmoid-div': ('probabilities', 'n = Neg(t)  e = Exp(n)  d = Add(unit, e)  y = Div(unit, d)'),
    'sigmoid-reciprocal': ('probabilities', 'n = Mul(t, minus)  e = Exp(n)  d = Add(e, unit)  y = Reciprocal(d)'),
    'sigmoid-exp-ratio': ('probabilities', 'e = Exp(t)  d = Add(e, unit)  y = Div(e, d)'),
    'sigmoid-tanh': ('probabilities', 'h = Mul(t, half)  a = Tanh(h)  b = Mul(a, half)  y = Add(b, half)'),
    'sigmoid-pow': ('probabilities', 'n = Neg(t)  e = Exp(n)  d = Add(unit, e)  y = Pow(d, minus)'),
    'probit': ('probabilities', 'h = Mul(t, root)  a = Erf(h)  b = Add(a, unit)  y = Mul(b, half)'),
    'hard-sigmoid': ('probabilities', 'y = HardSigmoid(t)'),
    'normalised-sigmoids': ('probabilities', 'p = Sigmoid(z)  s = ReduceSum(p, one)  y = Div(p, s)'),
    'softmax-in-branch': ('probabilities', 'y = If(yes) <then_branch = a () => (float[N, 3] p) { p = Softmax<axis = 1>(z) }, else_branch = b () => (float[N, 3] q) { q = Softmax<axis = 1>(z2) }>'),
    'logits': ('logits', 'y = Identity(z)'),
    'scaled-sigmoids': ('logits', 'p = Sigmoid(z)  y = Mul(p, hundred)'),
    'relu': ('logits', 'y = Relu(z)'),
    'one-logit': ('unbounded', 'y = Identity(t)'),
    'regression-exp': ('unbounded', 'y = Exp(t)'),
}  # fmt: skip

CONSTANTS = ', '.join([
    W, V, U, 'int64[1] zero = {0}', 'int64[1] one = {1}', 'int64[1] two = {2}', 'int64[2] parts = {2, 1}', 'int64[2] picked = {2, 0}', 'int64 last = {2}',
    'float warm = {2.5}', 'float twice = {2}', 'float half = {0.5}', 'float unit = {1}', 'float minus = {-1}', 'float third = {0.3333333}', 'float thirds = {0.6666667}',
    'float tiny = {1e-7}', 'float root = {0.70710678}', 'float hundred = {100}', 'float[3, 1] ones = {1, 1, 1}',
    'float[3, 3] mix = {0.5, 0.25, 0.25, 0.1, 0.8, 0.1, 0.2, 0.2, 0.6}', 'bool yes = {1}',
])  # fmt: skip

SHAPES = {'softmax-column': 'N', 'sigmoid-squeezed': 'N', 'softmax-gather': 'N, 2', 'softmax-split': 'N, 2', 'log-of-softmax-slice': 'N, 2', 'two-class-softmax-by-sigmoid': 'N, 2', 'two-logits': 'N, 2'}  # fmt: skip


def by_hand(name, tail):
    one = name in ('one-logit', 'regression-exp', 'hard-sigmoid', 'probit', 'sigmoid-column') or name.startswith('sigmoid-') and name != 'sigmoid-squeezed'
    shape = SHAPES.get(name, 'N, 1' if one else 'N, 3')
    text = f'<ir_version: 8, opset_import: ["" : 17]> m (float[N, 6] x) => (float[{shape}] y) <{CONSTANTS}> {{ z = MatMul(x, w)  z2 = MatMul(x, v)  t = MatMul(x, u)  {tail} }}'
    model = onnx.parser.parse_model(text)
    used = {name for node in model.graph.node for name in node.input} | {name for node in model.graph.node for a in node.attribute for inner in a.g.node for name in inner.input}
    needed = [node for node in model.graph.node if set(node.output) & (used | {'y'})]
    del model.graph.node[:]
    model.graph.node.extend(needed)
    used = {name for node in needed for name in node.input}
    constants = [each for each in model.graph.initializer if each.name in used]
    del model.graph.initializer[:]
    model.graph.initializer.extend(constants)
    onnx.checker.check_model(model)
    return model


def run(path, x):
    session = onnxruntime.InferenceSession(path.read_bytes(), providers=['CPUExecutionProvider'])
    outputs = [each for each in session.get_outputs() if each.type.startswith('tensor(float') or each.type.startswith('tensor(double')]
    return outputs[-1].name, numpy.asarray(session.run([outputs[-1].name], {session.get_inputs()[0].name: x})[0])


def export(estimator, x, path):
    options = {id(estimator): {'zipmap': False}} if hasattr(estimator, 'predict_proba') else None
    onnx.save(to_onnx(estimator, x[:1], options=options, target_opset={'': 17, 'ai.onnx.ml': 3}), path)


def estimators():
    iris, cancer, diabetes = (load(return_X_y=True) for load in (load_iris, load_breast_cancer, load_diabetes))
    cancer = (cancer[0][:, :4], cancer[1])
    for name, make in CLASSIFIERS.items():
        yield f'{name}-binary', make(), cancer
        yield f'{name}-iris', make(), iris
    labels = numpy.stack([iris[1] > 0, iris[0][:, 0] > 5.8, iris[0][:, 1] > 3], 1).astype(int)
    yield 'mlp-multi-label', make_pipeline(StandardScaler(), MLPClassifier(**SMALL)), (iris[0], labels)
    for name, make in REGRESSORS.items():
        yield name, make(), (100 * diabetes[0][:, :4], diabetes[1])
    yield 'linear-multi', LinearRegression(), (iris[0], iris[0][:, :2] @ [[1.0, 2.0, 0.5], [-1.0, 0.3, 1.0]])
    # Shares of a class: predictions in [0, 1] by construction.
    yield 'tree-regressor-of-shares', DecisionTreeRegressor(max_depth=2), (iris[0], (iris[1] > 0).astype(float))


def kind_of(estimator, values):
    if hasattr(estimator, 'predict_proba'):
        return 'probabilities'
    if hasattr(estimator, 'classes_'):
        return 'logits' if values.ndim == 2 and values.shape[1] > 1 else 'unbounded'
    return 'probabilities' if values.min() >= 0 and values.max() <= 1 else 'unbounded'


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out', type=pathlib.Path)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    warnings.filterwarnings('ignore')
    cases = []
    for name, estimator, (features, labels) in estimators():
        estimator.fit(features, labels)
        x = features[:: max(1, len(features) // 5)][:5].astype(numpy.float32)
        path = out / f'{name}.onnx'
        try:
            export(estimator, x, path)
            output, values = run(path, x)
        except Exception as error:  # an exporter that refuses a model is recorded, not hidden
            path.unlink(missing_ok=True)
            print(f'{path.name}: {type(error).__name__} {str(error)[:150]!r}')
            continue
        if hasattr(estimator, 'predict_proba'):
            gap = numpy.abs(values - numpy.asarray(estimator.predict_proba(x))).max()
            if not gap < 1e-4:
                print(f'{path.name}: {gap} from predict_proba')
        cases.append({'file': path.name, 'output': output, 'holds': kind_of(estimator, values), 'x': pack(x), 'values': pack(values)})
    x = numpy.random.default_rng(0).normal(size=(5, 6)).astype(numpy.float32)
    for name, (holds, tail) in HAND.items():
        path = out / f'{name}.onnx'
        onnx.save(by_hand(name, tail), path)
        output, values = run(path, x)
        cases.append({'file': path.name, 'output': output, 'holds': holds, 'x': pack(x), 'values': pack(values)})
    (out / 'cases.json').write_text(json.dumps(cases, indent=1))


main()
