"""Exports small scikit-learn models of tables by skl2onnx, and stores scikit-learn's own probabilities beside them.

    python table_models.py OUT

Missing numbers in a forest and before an imputer; one input a column, of floats, whole numbers and texts.
OUT/cases.json: per file the table that a user would bring, and the probabilities of its rows.
Needs scikit-learn and skl2onnx; run in a virtual environment.
"""

import argparse
import json
import pathlib
import warnings

import numpy
import onnx
from skl2onnx import convert_sklearn, to_onnx
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

OPSETS = {'': 17, 'ai.onnx.ml': 3}
FEATURES = ['age', 'income', 'debt', 'years']
ROWS = 5


def numbers(random):
    """Four columns of which a fifth is missing, and a class that depends on what is there and on what is not."""
    x = random.normal(size=(300, 4)).astype(numpy.float32)
    x[random.random(x.shape) < 0.2] = numpy.nan
    return x, ((numpy.nan_to_num(x[:, 0]) + numpy.isnan(x[:, 1])) > 0.3).astype(int)


def columns(random):
    """Columns of different types, as a table of objects, and a class that depends on all."""
    table = numpy.empty((300, 4), object)
    table[:, 0] = random.integers(18, 80, 300)
    table[:, 1] = random.normal(50, 10, 300).astype(numpy.float32)
    table[:, 2] = random.normal(5, 2, 300).astype(numpy.float32)
    table[:, 3] = random.choice(['Rome', 'Paris', 'Oslo, Norway'], 300)
    age, income, debt = (table[:, i].astype(float) for i in range(3))
    return table, (income - 40 - 2 * debt + 10 * (table[:, 3] == 'Paris') + (age - 40) / 5 > 0).astype(int)


def text(value):
    if isinstance(value, str):
        return f'"{value}"' if ',' in value else value
    return '' if numpy.isnan(value) else repr(value.item() if hasattr(value, 'item') else value)


def csv(names, rows):
    return ''.join(','.join(line) + '\n' for line in [names, *([text(value) for value in row] for row in rows)])


def rows_with_gaps(x):
    return x[numpy.isnan(x).any(1)][:ROWS]


def numeric(name, estimator, random):
    x, y = numbers(random)
    estimator.fit(x, y)
    model = to_onnx(estimator, x[:1], options={id(estimator): {'zipmap': False}}, target_opset=OPSETS)
    rows = rows_with_gaps(x)
    return model, {'file': f'{name}.onnx', 'features': FEATURES, 'table': csv(FEATURES, rows), 'probabilities': estimator.predict_proba(rows).tolist()}


def remember_missing(model, forest):
    """skl2onnx 1.20 does not write which way a missing number goes; the exporters of XGBoost and LightGBM do."""
    attributes = {attribute.name: attribute for attribute in model.graph.node[0].attribute}
    places = zip(attributes['nodes_treeids'].ints, attributes['nodes_nodeids'].ints)
    left = [forest.estimators_[tree].tree_.missing_go_to_left[node] for tree, node in places]
    del attributes['nodes_missing_value_tracks_true'].ints[:]
    attributes['nodes_missing_value_tracks_true'].ints.extend(int(way) for way in left)


def one_input_a_column(random):
    table, y = columns(random)
    names = ['age', 'income', 'debt', 'city']
    parts = [('numbers', StandardScaler(), [1, 2]), ('age', StandardScaler(), [0]), ('city', OneHotEncoder(handle_unknown='ignore'), [3])]
    estimator = make_pipeline(ColumnTransformer(parts), LogisticRegression()).fit(table, y)
    types = [Int64TensorType, FloatTensorType, FloatTensorType, StringTensorType]
    inputs = [(name, kind([None, 1])) for name, kind in zip(names, types)]
    model = convert_sklearn(estimator, initial_types=inputs, options={id(estimator): {'zipmap': False}}, target_opset=OPSETS)
    order = [3, 2, 0, 1]
    rows = table[:ROWS]
    return model, {'file': 'columns.onnx', 'table': csv([names[i] for i in order], rows[:, order]), 'probabilities': estimator.predict_proba(rows).tolist()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out', type=pathlib.Path)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    warnings.filterwarnings('ignore')
    random = numpy.random.default_rng(0)
    forest = RandomForestClassifier(4, max_depth=4, random_state=0)
    made = [
        numeric('forest', forest, random),
        numeric('imputed', make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()), random),
        one_input_a_column(random),
    ]
    remember_missing(made[0][0], forest)
    for model, case in made:
        onnx.save(model, out / case['file'])
    (out / 'cases.json').write_text(json.dumps([case for _, case in made], indent=1) + '\n')


main()
