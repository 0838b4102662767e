import { z } from '@onnxplain/core';

const noises = ['shared', 'fresh'] as const;
/** `shared`: every Φ has the attribution's own key, so that the explainer's randomness cancels. `fresh`: a new key each time. */
export type Noise = (typeof noises)[number];

export const noiseOption = () => z.enum(noises, `one of ${noises.join(', ')}`).default('shared');

/** How the choice reads in a definition. */
export const noiseDefinition: Readonly<Record<Noise, string>> = {
  shared: "shared: every explanation has the attribution's key",
  fresh: 'fresh: every explanation has a key of its own',
};
