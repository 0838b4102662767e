/** All explainers. A line here puts one into the table, the law tests and the public names. */
export { gradient } from './gradient.js';
export { attentionRollout } from './layer/attention-rollout.js';
export { gradCam, layerAttribution } from './layer/grad-cam.js';
export { occlusion } from './occlusion/occlusion.js';
export { optimal } from './optimal/optimal.js';
export { expectedGradients } from './path/expected-gradients.js';
export { integratedGradients } from './path/integrated-gradients.js';
export { pathGradient } from './path/path-gradient.js';
export { random } from './random.js';
export { kernelShap } from './removal/kernel-shap.js';
export { leaveOneOut } from './removal/leave-one-out.js';
export { deepLift } from './rules/deep-lift.js';
export { lrp } from './rules/lrp.js';
export { deconvolution, guidedBackprop } from './rules/rectified.js';
export { smooth } from './smooth/smooth.js';
export { timesInput } from './times-input.js';
