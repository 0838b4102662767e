export * from '@onnxplain/metrics';
