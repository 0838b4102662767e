import { own } from '@onnxplain/core';
import type { Kind } from './tables.js';

/**
 * Names that papers and other programs (Captum, shap, Quantus) give to what has another name here, with the expression that makes it.
 * They are in lower case, without punctuation.
 */
export const synonyms: Readonly<Partial<Record<Kind, Readonly<Record<string, string>>>>> = {
  explainer: {
    ablation: 'leave-one-out',
    backprop: 'gradient',
    counterfactual: 'cfx',
    deconvnet: 'deconvolution',
    featureablation: 'leave-one-out',
    gradientexplainer: 'expected-gradients(background=file.npy)',
    gradientxactivation: 'layer-attribution',
    gradienttimesinput: 'times-input(gradient)',
    gradientxinput: 'times-input(gradient)',
    ig: 'integrated-gradients',
    inputtimesgradient: 'times-input(gradient)',
    inputxgradient: 'times-input(gradient)',
    intgrad: 'integrated-gradients',
    layergradcam: 'grad-cam',
    layerwiserelevancepropagation: 'lrp',
    meaningfulperturbation: 'bbmp',
    noisetunnel: 'smooth(gradient, gaussian(0.1))',
    permutationimportance: 'feature-permutation(background=file.npy)',
    saliency: 'gradient',
    saliencymap: 'gradient',
    shapleyvaluesampling: 'shapley',
    slidingwindow: 'occlusion(8)',
    smoothgrad: 'smooth(gradient, gaussian(0.1))',
    smoothgradsquared: 'smooth(gradient, gaussian(0.1), statistic=mean-square)',
    vanillagradient: 'gradient',
    vargrad: 'smooth(gradient, gaussian(0.1), statistic=variance)',
  },
  metric: {
    convergencedelta: 'completeness',
    faithfulnesscorrelation: 'sensitivity-n(10)',
    locallipschitzestimate: 'sensitivity-lipschitz',
    maxsensitivity: 'sensitivity-max',
    modelparameterrandomisation: 'randomised-weights(cascade=true)',
    modelparameterrandomization: 'randomised-weights(cascade=true)',
    mprt: 'randomised-weights(cascade=true)',
    pixelflipping: 'deletion',
    pointinggame: 'precision-at-k(file.npy, k=1)',
    sanitychecks: 'randomised-weights(cascade=true)',
    sensgrad: 'sensitivity-gradient',
    sensmax: 'sensitivity-max',
    sumtodelta: 'completeness',
  },
};

/** The expression of one of the kinds that makes what other programs call `name`; undefined where none is known. */
export function expressionOfSynonym(name: string, kinds: readonly Kind[]): string | undefined {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  return kinds.map((kind) => own(synonyms[kind] ?? {}, plain)).find((found) => found !== undefined);
}
