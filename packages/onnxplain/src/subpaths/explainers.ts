export * from '@onnxplain/explainers';
