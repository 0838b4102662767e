import type { Recipe } from '../recipe.js';
import { birdFrog } from './bird-frog.js';
import { mnistAdversarial } from './mnist-adversarial.js';
import { mnistCnn } from './mnist-cnn.js';
import { mnistSmallCnn } from './mnist-small-cnn.js';
import { topicBilstm } from './topic-bilstm.js';

/** The models that `scripts/train.ts` makes, by name. */
export const recipes = {
  'bird-frog-caption': birdFrog(0),
  'bird-frog-picture': birdFrog(0.6),
  'mnist-adversarial': mnistAdversarial,
  'mnist-cnn': mnistCnn,
  'mnist-small-cnn': mnistSmallCnn,
  'topic-bilstm': topicBilstm,
} satisfies Record<string, Recipe>;

export type RecipeName = keyof typeof recipes;
