/** The page's style sheet: system fonts, colours that follow the reader's light or dark setting, prints well. */
export const style = `
:root { color-scheme: light dark; --ink: #1c1f23; --soft: #5c6570; --line: #d9dde2; --ground: #ffffff; --panel: #f5f6f8;
  --accent: #1f5fa8; --positive: #b2182b; --negative: #2166ac; --best: #1a7f4b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --soft: #a0a8b2; --line: #3a4048; --ground: #15181c;
  --panel: #1e2227; --accent: #7fb2ee; --positive: #ef7d73; --negative: #7fb2ee; --best: #62c794; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main, header, footer { max-width: 72rem; margin: 0 auto; padding: 0 1.5rem; }
header { padding-top: 2.5rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .4rem; }
h2 { font-size: 1.25rem; margin: 3rem 0 .6rem; padding-top: .6rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.02rem; margin: 1.8rem 0 .4rem; }
p { margin: .4rem 0; max-width: 46rem; }
.soft, figcaption, caption { color: var(--soft); font-size: .88rem; }
code, pre { font: .86em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: .8rem 1rem; overflow-x: auto; white-space: pre-wrap; }
.scroll { overflow-x: auto; }
a { color: var(--accent); }
summary { cursor: pointer; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
caption { text-align: left; padding: .3rem 0 .5rem; }
th, td { text-align: left; padding: .4rem .9rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: middle; }
thead th { font-weight: 600; color: var(--soft); font-size: .82rem; }
tbody th { font-weight: 500; }
td.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
tr.best td.number, tr.best th { font-weight: 650; }
.tag { display: inline-block; font-size: .74rem; font-weight: 600; border: 1px solid currentColor; border-radius: 99px; padding: 0 .5rem; color: var(--soft); }
.tag.best { color: var(--best); }
.tag.failed { color: var(--positive); }
svg.interval { display: block; color: var(--accent); }
svg.interval.best { color: var(--best); }
svg .axis { stroke: var(--line); } svg .zero { stroke: var(--soft); stroke-dasharray: 2 2; }
svg circle { fill: currentColor; } svg .range { stroke: currentColor; stroke-width: 1.6; fill: none; }
svg .bound { fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linejoin: round; }
svg.bars { width: 100%; max-width: 42rem; height: auto; font-size: 11.5px; fill: var(--ink); }
svg.bars .positive { fill: var(--positive); } svg.bars .negative { fill: var(--negative); }
svg.bars .value { fill: var(--soft); } svg.bars .signal { fill: none; stroke: var(--soft); } svg.bars .filled { fill: var(--accent); }
div.curves { display: flex; flex-wrap: wrap; gap: .4rem 1.2rem; align-items: start; }
svg.curves { width: 100%; max-width: 35rem; height: auto; font-size: 11.5px; fill: var(--soft); }
svg.curves path { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
.key { list-style: none; margin: 0; padding: 0; } .key svg { vertical-align: middle; stroke-width: 2.2; }
.tokens { display: flex; flex-wrap: wrap; gap: .3rem .25rem; margin: 0; padding: 0; list-style: none; print-color-adjust: exact; }
.tokens li { display: flex; flex-direction: column; align-items: center; }
.tokens span { padding: .05rem .4rem; border: 1px solid var(--line); border-radius: 4px; white-space: pre; }
.tokens small { color: var(--soft); font-size: .68rem; font-variant-numeric: tabular-nums; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(21rem, 100%), 1fr)); gap: 1.6rem; margin-top: .8rem; }
.small.figures { grid-template-columns: repeat(auto-fill, minmax(7rem, 1fr)); gap: .8rem; }
figure { margin: 0; } figure img { width: 100%; height: auto; image-rendering: pixelated; border-radius: 4px; display: block; }
figcaption { margin-top: .4rem; } figcaption code { color: var(--ink); }
figure.wide { grid-column: 1 / -1; }
figcaption dl { grid-template-columns: minmax(0, 1fr) minmax(0, 1.1fr); margin: .3rem 0 0; font-size: .84rem; }
dl { display: grid; grid-template-columns: minmax(9rem, auto) 1fr; gap: .15rem 1.2rem; margin: .6rem 0; font-size: .92rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.scale { display: inline-block; width: 7rem; height: .6rem; border-radius: 2px; vertical-align: middle; border: 1px solid var(--line); }
footer { color: var(--soft); font-size: .85rem; padding-bottom: 3rem; margin-top: 3rem; }
@media (max-width: 42rem) {
  .results, .results caption, .results tbody, .results th, .results td { display: block; }
  .results thead { position: absolute; clip-path: inset(50%); }
  .results tr { display: block; padding: .5rem 0; border-bottom: 1px solid var(--line); }
  .results th, .results td { border: 0; padding: .1rem 0; }
  .results td:empty { display: none; }
  .results [data-label]::before { content: attr(data-label) ": "; color: var(--soft); font-weight: 400; }
}
@media print { h2 { break-after: avoid; } figure, tr { break-inside: avoid; } }
`;
