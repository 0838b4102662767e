import { option } from '@onnxplain/core';

const noises = ['shared', 'fresh'] as const;
/** Which key the explanations near x have: that of the attribution, or one of their own. */
export type Noise = (typeof noises)[number];

export const noiseOption = () =>
  option
    .choice(noises)
    .default('shared')
    .describe(
      "Randomness of an explainer that draws. shared: every explanation has the attribution's key, so that only the input changes. " +
        "fresh: each has a key of its own, as in the authors' program, which adds the explainer's noise to the number.",
    );

/** How a definition describes the choice. */
export const noiseDefinition: Readonly<Record<Noise, string>> = {
  shared: "shared: every explanation has the attribution's key",
  fresh: 'fresh: every explanation has a key of its own',
};
