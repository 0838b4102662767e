export * from '@onnxplain/core';
