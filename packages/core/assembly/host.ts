// Functions of JavaScript: results equal those of the streams of src/random to the last bit.

/** Math.exp */
export declare function exp(x: f64): f64;
/** Math.log1p */
export declare function log1p(x: f64): f64;
