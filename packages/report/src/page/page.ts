import { counted } from '@onnxplain/core';
import type { FeedRecord, InputRecord, MetricRecord, RunRecord } from '../record.js';
import { formatBytes, formatSeconds } from './format.js';
import { type Html, html, type Insert } from './html.js';
import { inputSections, legendOf, type Pictures } from './inputs.js';
import { results } from './results.js';
import { style } from './style.js';

/**
 * A run as one HTML page that needs no other file and no network: pictures are inside as data URIs, plots are SVG.
 * `pictures` holds the PNG files that the record names, by that name; the page says so where one is missing.
 */
export function page(record: RunRecord, pictures: Pictures = new Map()): string {
  const title = `Explanations of ${record.model.file.replace(/^.*[\\/]/, '')}`;
  const document = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${title}</title><style>${{ markup: style }}</style></head>
<body>${header(title, record)}<main>
${notices(record)}
${record.metrics.length > 0 && html`<section><h2>Measured</h2>${results(record)}</section>`}
<section><h2>Inputs</h2><p class="soft">${legendOf(record)}</p>${inputSections(record, pictures)}</section>
${record.metrics.length > 0 && html`<section><h2>Definitions</h2>${record.metrics.map(definition)}</section>`}
<section><h2>How to repeat it</h2>${reproduce(record)}</section>
</main><footer><p>onnxplain ${record.environment.onnxplain}, record version ${record.version}, ${record.created}.</p></footer></body></html>
`;
  return document.markup;
}

function header(title: string, record: RunRecord): Html {
  const { inputs, explainers, metrics, environment, timings } = record;
  return html`<header><h1>${title}</h1><p class="soft">${counted(inputs.length, 'input')}, ${counted(explainers.length, 'explainer')}, ${counted(metrics.length, 'metric')}; ${environment.device}, ${formatSeconds(timings.total)}; seed ${record.request.seed}.</p></header>`;
}

function notices({ notices = [] }: RunRecord): Html | false {
  if (notices.length === 0) return false;
  return html`<section><h2>Notices</h2><ul class="notices">${notices.map((text) => html`<li>${text}</li>`)}</ul></section>`;
}

function definition(metric: MetricRecord, m: number): Html {
  const rows: (readonly [string, string])[] = [
    ['units', metric.units],
    ['better', metric.better],
    ['source', metric.source],
    ...Object.entries(metric.definition),
  ];
  return html`<h3 id="definition-${m}"><code>${metric.expression}</code></h3>${list(rows)}`;
}

/** A term and its value. */
type Term = readonly [term: string, text: Insert];

function list(rows: readonly Term[]): Html {
  return html`<dl>${rows.map(([term, text]) => html`<dt>${term}</dt><dd>${text}</dd>`)}</dl>`;
}

const feedText = (feed: FeedRecord): string =>
  'value' in feed ? `${feed.value} everywhere` : `${feed.file}, sha256 ${feed.sha256}`;

/** Shows how to repeat the run: the command, the request, the model, the versions of programs, and the input files. */
function reproduce(record: RunRecord): Html {
  const { command, seed } = record.request;
  const line = command && html`<pre><code>${command.map(quoted).join(' ')}</code></pre>`;
  const rows: readonly Term[] = [
    ['seed', String(seed)],
    ...requestTerms(record.request),
    ...modelTerms(record.model),
    ...environmentTerms(record.environment),
    ['time', timeText(record)],
  ];
  return html`${line}${list(rows)}${inputFiles(record)}`;
}

function requestTerms(request: RunRecord['request']): readonly Term[] {
  const { output, link, input, holds, bounds, feeds = {} } = request;
  return [
    ['explained', `${output} as ${link}${input === undefined ? '' : ` by ${input}`}`],
    ...(holds === undefined ? [] : [['output holds', holds] as const]),
    ['bounds', bounds?.join(' to ') ?? 'none'],
    ['preprocessing', preprocessingText(request)],
    ...Object.entries(feeds).map(([name, feed]) => [`input ${name}`, feedText(feed)] as const),
  ];
}

function modelTerms({ file, bytes, parameters, sha256, opsets, ops }: RunRecord['model']): readonly Term[] {
  return [
    ['model', html`${file}, ${formatBytes(bytes)}, ${parameters.toLocaleString('en')} parameters`],
    ['sha256', html`<code>${sha256}</code>`],
    ['opsets', entries(opsets)],
    ['operators', entries(ops)],
  ];
}

function environmentTerms(environment: RunRecord['environment']): readonly Term[] {
  const { onnxplain, onnxruntime, node, platform, device, providers } = environment;
  return [
    ['programs', `onnxplain ${onnxplain}, ONNX Runtime ${onnxruntime}, Node ${node}, ${platform}`],
    ['device', device],
    [
      'providers',
      providers.map(
        (p) => html`<div>${p.name}: ${p.available ? 'available' : (p.reason ?? 'not available')}</div>`,
      ),
    ],
  ];
}

function preprocessingText({ preprocessing = {} }: RunRecord['request']): string {
  const given = Object.entries(preprocessing).filter(([, value]) => value !== undefined);
  const show = (value: unknown): string => (Array.isArray(value) ? value.join(' ') : String(value));
  return given.map(([name, value]) => `${name} ${show(value)}`).join(', ') || 'none';
}

function entries(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, n]) => `${name} ${n}`)
    .join(', ');
}

function timeText({ timings }: RunRecord): string {
  const parts = Object.entries(timings.parts).map(([name, s]) => `${name} ${formatSeconds(s)}`);
  const { runtime, total } = timings;
  const share = total > 0 ? Math.round((100 * runtime.seconds) / total) : 0;
  parts.push(`inside ONNX Runtime ${formatSeconds(runtime.seconds)} (${share} %)`);
  return [`total ${formatSeconds(total)}`, ...parts].join('; ');
}

function inputFiles({ inputs }: RunRecord): Html {
  return html`<div class="scroll"><table><caption>Input files</caption><thead><tr><th scope="col">Input</th><th scope="col">File</th><th scope="col">sha256</th></tr></thead><tbody>
${inputs.map((input) => html`<tr><td>${input.name}</td><td>${input.file ?? ''}</td><td><code>${input.sha256 ?? ''}</code></td></tr>${otherFileRows(input)}`)}</tbody></table></div>`;
}

/** Table rows for the files of the model's other inputs. */
function otherFileRows({ name, beside = {} }: InputRecord): readonly Html[] {
  return Object.entries(beside).map(
    ([input, { file, sha256 }]) =>
      html`<tr><td>${name}, ${input}</td><td>${file}</td><td><code>${sha256}</code></td></tr>`,
  );
}

/** Quotes a word of a command line for a POSIX shell. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
