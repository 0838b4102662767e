"""Exports small scikit-learn models by skl2onnx and stores scikit-learn's own outputs and their gradients beside them.

    python sklearn_models.py OUT

OUT/cases.json is that of make.py. The models are small, so the gradient of each row's greatest output is the central difference, with a step of
1e-6 and in float64, of the estimator itself.
Needs scikit-learn and skl2onnx; run in a virtual environment.
"""

import argparse
import json
import pathlib
import warnings

import numpy
import onnx
from skl2onnx import __max_supported_opset__ as NEWEST
from skl2onnx import to_onnx
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge, RidgeClassifier, SGDClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, Normalizer, PolynomialFeatures, RobustScaler, StandardScaler
from sklearn.svm import SVC, SVR, NuSVR

from fixture_files import pack

MLP = dict(hidden_layer_sizes=(8, 6), max_iter=60, random_state=0)

CLASSIFIERS = {
    'logistic': lambda: LogisticRegression(max_iter=500),
    'logistic-scaled': lambda: make_pipeline(StandardScaler(), LogisticRegression()),
    'logistic-minmax': lambda: make_pipeline(MinMaxScaler(), LogisticRegression()),
    'logistic-robust': lambda: make_pipeline(RobustScaler(), MaxAbsScaler(), LogisticRegression()),
    'logistic-normalizer': lambda: make_pipeline(Normalizer(), LogisticRegression()),
    'logistic-normalizer-l1': lambda: make_pipeline(Normalizer('l1'), LogisticRegression()),
    'logistic-normalizer-max': lambda: make_pipeline(Normalizer('max'), LogisticRegression()),
    'logistic-imputer': lambda: make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()),
    'logistic-pca': lambda: make_pipeline(StandardScaler(), PCA(3), LogisticRegression()),
    'logistic-polynomial': lambda: make_pipeline(StandardScaler(), PCA(2), PolynomialFeatures(2), LogisticRegression()),
    'logistic-ovr': lambda: OneVsRestClassifier(LogisticRegression(max_iter=500)),
    'mlp-relu': lambda: make_pipeline(StandardScaler(), MLPClassifier(**MLP)),
    'mlp-tanh': lambda: make_pipeline(StandardScaler(), MLPClassifier(activation='tanh', **MLP)),
    'mlp-logistic': lambda: make_pipeline(MinMaxScaler(), MLPClassifier(activation='logistic', **MLP)),
    'qda': lambda: make_pipeline(StandardScaler(), PCA(2), QuadraticDiscriminantAnalysis()),
    'naive-bayes': lambda: make_pipeline(StandardScaler(), GaussianNB()),
    'sgd': lambda: make_pipeline(StandardScaler(), SGDClassifier(loss='log_loss', random_state=0)),
    'ridge-classifier': lambda: make_pipeline(StandardScaler(), RidgeClassifier()),
}  # fmt: skip

REGRESSORS = {
    'linear': LinearRegression,
    'ridge-scaled': lambda: make_pipeline(StandardScaler(), Ridge()),
    'lasso-imputer': lambda: make_pipeline(SimpleImputer(), Lasso(0.1)),
    'ridge-pca': lambda: make_pipeline(StandardScaler(), PCA(3), Ridge()),
    'mlp-regressor': lambda: make_pipeline(StandardScaler(), MLPRegressor(**MLP)),
    'svr-rbf': lambda: make_pipeline(StandardScaler(), PCA(2), SVR(C=0.01, epsilon=60)),
    'svr-poly': lambda: make_pipeline(StandardScaler(), PCA(2), NuSVR(kernel='poly', coef0=1, nu=0.02)),
    'gaussian-process': lambda: make_pipeline(StandardScaler(), PCA(2), GaussianProcessRegressor(ConstantKernel(2.0) * RBF(2.0), alpha=1.0, optimizer=None)),
}


def problems():
    iris, cancer, diabetes = (load(return_X_y=True) for load in (load_iris, load_breast_cancer, load_diabetes))
    cancer = (cancer[0][:, :6], cancer[1])
    for name, make in CLASSIFIERS.items():
        yield f'{name}-binary', make(), cancer
        yield f'{name}-iris', make(), iris
    # Of two classes the file gives other probabilities than the estimator.
    yield 'lda-iris', make_pipeline(StandardScaler(), LinearDiscriminantAnalysis()), iris
    # Of two classes the file gives -s and s, the estimator s.
    for kernel in ('rbf', 'sigmoid'):
        yield f'svc-{kernel}-iris', make_pipeline(StandardScaler(), PCA(2), SVC(kernel=kernel)), iris
    for name, make in REGRESSORS.items():
        yield name, make(), (100 * diabetes[0], diabetes[1])
    several = (iris[0], iris[0][:, :2] @ [[1.0, 2.0, 0.5], [-1.0, 0.3, 1.0]])
    yield 'linear-multi', LinearRegression(), several
    # Its file makes one column of the three outputs.
    yield 'mlp-regressor-multi', make_pipeline(StandardScaler(), MLPRegressor(**MLP)), several


def undecided(outputs, features):
    """Three rows near the border of classes: where probabilities round to 0 or 1, so does what can be compared."""
    values = numpy.sort(rows_of(outputs, features), 1)
    margin = values[:, -1] - values[:, -2] if values.shape[1] > 1 else numpy.abs(values[:, 0])
    return features[numpy.argsort(margin)[[0, 3, 8]]].astype(numpy.float32).astype(numpy.float64)


def outputs_of(estimator):
    """What the file's float output holds: probabilities where there are any, else decisions or predictions."""
    if hasattr(estimator, 'predict_proba'):
        return estimator.predict_proba
    return getattr(estimator, 'decision_function', estimator.predict)


def rows_of(outputs, x):
    values = numpy.asarray(outputs(x), numpy.float64)
    return values[:, None] if values.ndim == 1 else values


def truth(outputs, x, step=1e-6):
    values = rows_of(outputs, x)
    targets = values.argmax(1)
    gradient = numpy.empty_like(x)
    scale = numpy.abs(x).max(0)
    for j in range(x.shape[1]):
        shift = numpy.zeros_like(x)
        shift[:, j] = step * scale[j]
        difference = rows_of(outputs, x + shift) - rows_of(outputs, x - shift)
        gradient[:, j] = numpy.take_along_axis(difference, targets[:, None], 1)[:, 0] / (2 * step * scale[j])
    return targets.tolist(), values, gradient


def write(estimator, x, path, opset, zipmap):
    classifier = hasattr(estimator, 'classes_')
    options = {id(estimator): {'zipmap': zipmap}} if classifier else None
    model = to_onnx(estimator, x[:1].astype(numpy.float32), options=options, target_opset={'': opset, 'ai.onnx.ml': 3 if opset > 12 else 1})
    onnx.save(model, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out', type=pathlib.Path)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    warnings.filterwarnings('ignore')
    cases = []
    for name, estimator, (features, labels) in problems():
        estimator.fit(features, labels)
        x = undecided(outputs_of(estimator), features)
        files = []
        variants = [('opset11', 11, False), ('opset17', 17, False), (f'opset{NEWEST}', NEWEST, False)] + ([('zipmap', 17, True)] if hasattr(estimator, 'classes_') else [])
        for variant, opset, zipmap in variants:
            path = out / f'{name}.{variant}.onnx'
            try:
                write(estimator, x, path, opset, zipmap)
                files.append(path.name)
            except Exception as error:  # an exporter that refuses a model is recorded, not hidden
                print(f'{path.name}: {type(error).__name__} {str(error)[:150]!r}')
        targets, values, gradient = truth(outputs_of(estimator), x)
        packed = {'x': pack(x), 'targets': targets, 'logits': pack(values), 'gradient': pack(gradient)}
        cases.append({'family': name, 'files': files, **packed})
    (out / 'cases.json').write_text(json.dumps(cases, indent=1))


main()
