export * from '@onnxplain/graph';
