export * from '@onnxplain/runtime';
