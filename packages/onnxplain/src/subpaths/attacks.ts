export * from '@onnxplain/attacks';
