import { type Model, rowNotices } from '@onnxplain/runtime';

/** A sentence about the rows of an input, with the way to change what it says. */
export const rowNotice = (sentence: string): string => `${sentence}; --batch-axis names another batch axis`;

/** What runs found out about the rows of a model's inputs. */
export const rowNoticesOf = (model: Model): readonly string[] => rowNotices(model).map(rowNotice);
