/** Returns ONNX Runtime's message on one line. */
export function errorText(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.replaceAll(/\s+/g, ' ').trim().slice(0, 500);
}
