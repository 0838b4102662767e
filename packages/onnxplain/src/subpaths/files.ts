export * from '@onnxplain/files';
