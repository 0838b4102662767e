import { expect, test } from 'vitest';
import { chooseDevice, probe } from './probe.js';

test('every provider is reported once, a refused one with reason and remedy', async () => {
  const reports = await probe();
  expect(reports.map(({ device }) => device)).toEqual(['cuda', 'webgpu', 'cpu']);
  for (const { available, reason, remedy } of reports) {
    if (available) continue;
    expect(reason).toMatch(/\w{3}/);
    expect(remedy).toMatch(/^Needs /);
  }
  expect(reports.at(-1)).toEqual({ device: 'cpu', available: true });
});

test('auto takes CUDA where it works, else the CPU and says why not CUDA', async () => {
  const [cuda] = await probe();
  const { device, refused } = await chooseDevice('auto');
  expect(device).toBe(cuda.available ? 'cuda' : 'cpu');
  expect(refused.cuda).toBe(cuda.reason);
});

test('a device asked for by name is used or refused, never replaced', async () => {
  for (const { device, available, reason } of await probe()) {
    if (available) expect((await chooseDevice(device)).device).toBe(device);
    else
      await expect(chooseDevice(device)).rejects.toMatchObject({
        code: 'provider-unavailable',
        diagnosis: { got: `"${reason}"` },
      });
  }
});
