const squares = 'square(sizes=[1,10], positions=all)';

/** The inputs, explainers and metrics of the demonstration, which the benchmark also uses. */
export const demonstration = {
  digits: [2, 4, 7, 9],
  explainers: [
    'gradient',
    'integrated-gradients(steps=50)',
    'smooth(gradient, gaussian(0.2), draws=50)',
    'optimal(noisy-baseline(0.2), draws=3000)',
    `optimal(${squares})`,
  ],
  metrics: [
    'infidelity(noisy-baseline(0.2), draws=2000)',
    `infidelity(${squares})`,
    'sensitivity-max(radius=0.1, draws=5)',
  ],
} as const;
