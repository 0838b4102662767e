import type { Recipe } from '../recipe.js';
import { birdFrogCaption } from './bird-frog-caption.js';
import { birdFrogPicture } from './bird-frog-picture.js';
import { cifar10Cnn } from './cifar10-cnn.js';
import { mnistAdversarial } from './mnist-adversarial.js';
import { mnistCnn } from './mnist-cnn.js';
import { mnistSmallCnn } from './mnist-small-cnn.js';
import { topicBilstm } from './topic-bilstm.js';

/** The models that `scripts/train.ts` makes, by name. */
export const recipes = {
  'bird-frog-caption': birdFrogCaption,
  'bird-frog-picture': birdFrogPicture,
  'cifar10-cnn': cifar10Cnn,
  'mnist-adversarial': mnistAdversarial,
  'mnist-cnn': mnistCnn,
  'mnist-small-cnn': mnistSmallCnn,
  'topic-bilstm': topicBilstm,
} satisfies Record<string, Recipe>;

export type RecipeName = keyof typeof recipes;
