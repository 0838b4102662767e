/**
 * What graphs can be lowered for: any runtime, or the CPU, the CUDA or the WebGPU provider of ONNX Runtime. The passes are in
 * `lower.ts`, which takes longer to load.
 */
export const loweringTargetNames = ['any', 'ort-cpu', 'ort-cuda', 'ort-webgpu'] as const;

export type LoweringTarget = (typeof loweringTargetNames)[number];
