export * from '@onnxplain/papers';
