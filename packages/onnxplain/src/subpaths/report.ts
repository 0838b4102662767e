export * from '@onnxplain/report';
