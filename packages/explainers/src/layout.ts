/** Help of the option `layout` of an explainer. */
export const LAYOUT =
  'What the axes of the input are: chw (channels, then height and width), hwc, or of a sequence cw or wc. Default: the layout of the ' +
  'score, and where it has none, chw.';
