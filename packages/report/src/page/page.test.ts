import { describe, expect, test } from 'vitest';
import { sampleRecord } from '../../test/sample-record.js';
import { pairsOfExplainers } from '../pairs.js';
import { summarise } from '../summary.js';
import { formatEstimate, formatMean, formatNumber } from './format.js';
import { escapeHtml, html } from './html.js';
import { axisOf, drawMark } from './interval.js';
import { page } from './page.js';
import { drawSeries } from './series.js';

/** The page embeds the bytes of its pictures as they are. */
const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const pictures = new Map([0, 1, 2].map((i) => [`pictures/${i}.png`, png]));
const markup = page(sampleRecord, pictures);

/** Start tags in order, and a check that every element is closed by its own end tag. */
function elements(text: string): readonly string[] {
  const void_ = new Set(['meta', 'img', 'line', 'path', 'circle', 'rect', 'br']);
  const open: string[] = [];
  const seen: string[] = [];
  for (const [, end, name] of text.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*>/g)) {
    if (end === '') seen.push(name);
    if (void_.has(name)) continue;
    if (end === '') open.push(name);
    else expect(name).toBe(open.pop());
  }
  expect(open).toEqual([]);
  return seen;
}

describe('the page', () => {
  test('is well formed and has a table per metric, one of pairs where there are some, and a figure per attribution', () => {
    const seen = elements(markup);
    expect(seen.filter((name) => name === 'figure')).toHaveLength(6);
    const withPairs = sampleRecord.metrics.filter((_, m) => pairsOfExplainers(sampleRecord, m).length > 0);
    expect(withPairs).toHaveLength(1);
    expect(seen.filter((name) => name === 'table')).toHaveLength(
      sampleRecord.metrics.length + withPairs.length + 1,
    );
    expect(seen.filter((name) => name === 'h1')).toHaveLength(1);
    expect(seen).not.toContain('script');
  });

  test.each([
    ['logit', 'probabilities', undefined, 'probability of class 7 (seven &amp; co), output'],
    ['probability', 'logits', undefined, 'probability of class 7 (seven &amp; co), output'],
    ['logit', 'logits', undefined, 'logit of class 7 (seven &amp; co), output'],
    ['logit', 'unknown', undefined, 'class 7 (seven &amp; co), output'],
    ['margin', 'logits', undefined, 'logit of class 7 (seven &amp; co) less that of the best other class'],
    ['logit', 'logits', [1, 2], 'output element 1:2 (seven &amp; co), output'],
    ['logit', 'probabilities', [1, 2], 'probability of output element 1:2 (seven &amp; co), output'],
  ])('says what f is by link %s and an output that holds %s, at %j', (link, holds, at, words) => {
    const [input] = sampleRecord.inputs;
    const place = at === undefined ? {} : { at, elements: 'numbers' as const };
    const request = { ...sampleRecord.request, link, holds };
    const shown = page({ ...sampleRecord, request, inputs: [{ ...input, ...place }] }, pictures);
    expect(shown).toContain(`Explained: ${words}`);
  });

  test('compares pairs of explainers', () => {
    expect(markup).toContain('against');
    expect(markup).toContain('data-label="Win / draw / loss">0 / 0 / 2<');
  });

  test('has the details that an explainer gives', () => {
    expect(markup).toContain('<dt>precision</dt><dd>0.96</dd>');
    expect(markup).toContain('<dt>reached</dt><dd>true</dd>');
  });

  test('says what local, global and ranking mean, of those that it has', () => {
    expect(markup).toContain('A local attribution');
    const explainers = sampleRecord.explainers.map((each) => ({ ...each, kind: 'global' as const }));
    const global = page({ ...sampleRecord, explainers }, pictures);
    expect(global).toContain('A global attribution');
    expect(global).not.toContain('A local attribution');
    const rankings = sampleRecord.explainers.map((each) => ({ ...each, kind: 'ranking' as const }));
    const ranked = page({ ...sampleRecord, explainers: rankings }, pictures);
    expect(ranked).toContain('Of a ranking only the order');
    expect(ranked).not.toContain('A global attribution');
  });

  test('ranks local and global attributions separately where a metric has their units, and explains it', () => {
    const { metrics, explainers } = sampleRecord;
    const [infidelity, sensitivity] = markup.split('<table class="results">').slice(1);
    expect(infidelity).not.toContain('each kind has its own best');
    expect(sensitivity).toContain('each kind has its own best');
    const groups = sensitivity.match(/<tbody>[\s\S]*?<\/tbody>/g)?.slice(0, 2) ?? [];
    expect(groups.map((group) => group.match(/<th colspan="5".*?>(local|global)</)?.[1])).toEqual([
      'local',
      'global',
    ]);
    expect(groups[0]).toContain(explainers[1].expression);
    expect(groups[1]).toContain(explainers[2].expression);
    const together = page(
      { ...sampleRecord, metrics: metrics.map((m) => ({ ...m, comparable: 'any' })) },
      pictures,
    );
    expect(together).not.toContain('each kind has its own best');
  });

  test('says what is undecided or tied instead of a best, and shows controls below the others', () => {
    const two = sampleRecord.explainers.slice(0, 2);
    const of = (values: readonly (readonly number[])[], control: boolean) => {
      const explainers = two.map((each, i) => ({ ...each, control: control && i === 0 }));
      const estimates = values.flatMap((row, explainer) =>
        row.map((value, input) => {
          const estimate = { kind: 'exact', value } as const;
          return { input, explainer, metric: 0, status: 'done', key: { hi: 0, lo: 0 }, estimate } as const;
        }),
      );
      const metrics = sampleRecord.metrics.slice(0, 1);
      const summaries = summarise(estimates, { explainers, metrics });
      return page({ ...sampleRecord, explainers, metrics, attributions: [], estimates, summaries }, pictures);
    };
    const undecided = of(
      [
        [1, 1],
        [1.5, 2],
      ],
      false,
    );
    expect(undecided).toContain(`undecided between ${two[0].expression} and ${two[1].expression}`);
    expect(undecided.match(/<span class="tag">undecided</g)).toHaveLength(2);
    expect(undecided).not.toContain('<tr class="best">');
    expect(
      of(
        [
          [1, 2],
          [1, 2],
        ],
        false,
      ).match(/<tr class="best">/g),
    ).toHaveLength(2);
    const controlled = of(
      [
        [1, 2],
        [1, 2],
      ],
      true,
    );
    expect(controlled).not.toContain('<tr class="best">');
    const [, table] = controlled.split('<table class="results">');
    expect(table.indexOf(two[1].expression)).toBeLessThan(table.indexOf('>control<'));
    expect(table.indexOf('>control<')).toBeLessThan(table.indexOf(`<code>${two[0].expression}</code>`));
  });

  test('every number of the results has its label where narrow screens hide the head', () => {
    const [, head] = /<table class="results">[\s\S]*?<thead><tr>(.*?)<\/tr>/.exec(markup) ?? [];
    const labels = new Set([...markup.matchAll(/data-label="([^"]*)"/g)].map((match) => match[1]));
    expect(labels.size).toBeGreaterThan(2);
    for (const label of ['Difference to the lowest', 'Inputs']) {
      expect(head).toContain(`>${label}<`);
      expect(labels).toContain(label);
    }
    for (const { name } of sampleRecord.metrics) expect(labels).toContain(name);
  });

  test('loads nothing from the network', () => {
    const addresses = [...markup.matchAll(/(?:src|href|url)\s*[=(]\s*"?([^")\s>]*)/g)].map(
      (match) => match[1],
    );
    expect(addresses.length).toBeGreaterThan(2);
    for (const address of addresses) expect(address).toMatch(/^(data:image\/png;base64,|#|x$)/);
  });

  test('escapes what comes from files, models and errors', () => {
    expect(markup).not.toContain('<script>');
    expect(markup).not.toContain('<img src=x');
    expect(markup).not.toContain('<b>');
    expect(markup).toContain('seven &amp; co');
  });

  test('marks bounds, and labels what is invalid, not applicable or failed', () => {
    expect(markup).toContain('≥ 0.83');
    expect(markup).toContain('A triangle is a bound');
    expect(markup).toContain('<summary>invalid</summary>3 of 1000 draws were not finite');
    expect(markup).toContain('1 not applicable, 1 failed');
  });

  test('has the definitions, the command line as a shell reads it, and the reasons of providers', () => {
    expect(markup).toContain('E[(I·Φ − (f(x) − f(x−I)))²]');
    expect(markup).toContain(escapeHtml("onnxplain evaluate 'my model.onnx' --explainer 'it'\\''s'"));
    expect(markup).toContain('cuda: libcublasLt.so.13');
    expect(markup).toContain('size 28 28, channels grey, scale 0.00392');
    expect(markup).toContain('inside ONNX Runtime 9.9 s (80 %)');
  });

  test('is the same for the same record', () => {
    expect(page(sampleRecord, pictures)).toBe(markup);
  });

  test('names a picture that is missing', () => {
    expect(page(sampleRecord)).toContain('No picture');
  });
});

test('inserted text is escaped, inserted markup is not, lists are joined', () => {
  const inner = html`<i>${'<&"\'>'}</i>`;
  expect(html`<p class="${'a"b'}">${[inner, inner]}${false}${undefined}${0}</p>`.markup).toBe(
    '<p class="a&quot;b"><i>&lt;&amp;&quot;&#39;&gt;</i><i>&lt;&amp;&quot;&#39;&gt;</i>0</p>',
  );
  expect(escapeHtml('a\u0000b\n')).toBe('a\uFFFDb\n');
});

describe('numbers', () => {
  test.each([
    [0, '0'],
    [1234.5678, '1235'],
    [-0.012345, '−0.01235'],
    [1e-5, '1.00e-5'],
    [-4.18e-4, '−4.18e-4'],
    [3.21e7, '3.21e7'],
    [Number.NaN, 'NaN'],
  ])('%d is written %s', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });

  test('the standard error decides how many digits there are', () => {
    expect(formatMean({ value: 1.23456, stderr: 0.0234 })).toBe('1.235 ± 0.023');
    expect(formatMean({ value: 123.456, stderr: 12 })).toBe('123 ± 12');
    expect(formatMean({ value: 0.5, stderr: 0 })).toBe('0.5');
    expect(formatMean({ value: 2, stderr: 0.5, bound: 'lower' })).toBe('≥ 2.00 ± 0.50');
    expect(formatMean({ value: 1e-9, stderr: 1e-11 })).toBe('(1.000 ± 0.010)e-9');
    expect(formatMean({ value: -469485, stderr: 199493 })).toBe('(−4.7 ± 2.0)e5');
    expect(formatMean({ value: -0.001, stderr: 0.5 })).toBe('0.00 ± 0.50');
    expect(formatMean({ value: 0, stderr: 3e-6 })).toBe('(0.0 ± 3.0)e-6');
    expect(formatEstimate({ kind: 'censored', above: 3, n: 1 })).toBe('> 3');
  });
});

describe('intervals', () => {
  const at = (text: string, name: string) =>
    Number(new RegExp(`class="range" ${name}="([\\d.]+)"`).exec(text)?.[1]);

  test('are drawn to scale, on an axis common to the rows', () => {
    const marks = [
      { value: 10, interval: { low: 8, high: 12 } },
      { value: 5, interval: { low: 4, high: 6 } },
    ];
    const axis = axisOf(marks);
    expect(axis).toEqual({ kind: 'linear', low: 0, high: 12 });
    const [wide, narrow] = marks.map((mark) => drawMark(mark, axis).markup);
    const length = (text: string) =>
      at(text, 'x1') - Number(/x2="([\d.]+)" y1="11" y2="11"\/>\n<path/.exec(text)?.[1]);
    expect(length(wide) / length(narrow)).toBeCloseTo(2, 1);
  });

  test('are on a logarithmic axis when they span more than a factor 50 above 0', () => {
    expect(axisOf([{ value: 1 }, { value: 100 }]).kind).toBe('logarithmic');
    expect(axisOf([{ value: 1, interval: { low: 0, high: 2 } }, { value: 100 }]).kind).toBe('linear');
  });

  test('a bound is a triangle without an interval', () => {
    const mark = { value: 1, bound: 'lower' as const };
    const text = drawMark(mark, axisOf([mark])).markup;
    expect(text).toContain('class="bound"');
    expect(text).not.toContain('<circle');
    expect(text).toContain('lower bound 1');
  });
});

describe('series', () => {
  test('few features are bars in order of size, with their names', () => {
    const { markup: text } = drawSeries({ inputs: [1, 2, 3], values: [0.1, -5, 2], names: ['a', 'b<', 'c'] });
    expect([...text.matchAll(/end">([^<]*) = /g)].map((match) => match[1])).toEqual(['b&lt;', 'c', 'a']);
    expect(text.match(/class="negative"/g)).toHaveLength(1);
  });

  test('many are an outline, zeros and constants included', () => {
    const zeros = Array.from({ length: 100 }, () => 0);
    expect(drawSeries({ inputs: zeros, values: zeros }).markup).not.toContain('NaN');
  });
});
