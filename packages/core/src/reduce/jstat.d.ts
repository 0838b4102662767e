/** The functions of jStat that are used here; the library comes without types. */
declare module 'jstat' {
  interface Jstat {
    readonly studentt: {
      inv(probability: number, degreesOfFreedom: number): number;
      cdf(value: number, degreesOfFreedom: number): number;
    };
    readonly normal: {
      inv(probability: number, mean: number, deviation: number): number;
      cdf(value: number, mean: number, deviation: number): number;
    };
  }
  const jstat: Jstat;
  export default jstat;
}
