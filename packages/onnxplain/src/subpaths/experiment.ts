export * from '@onnxplain/experiment';
