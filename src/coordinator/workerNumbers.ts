/** A number that nobody else has until it is given back. */
export interface WorkerNumber extends Disposable {
  readonly value: number;
}

/** Numbers for attempts that run at the same time: each takes the lowest that is free, 1, 2, … */
export class WorkerNumbers {
  readonly #taken = new Set<number>();

  take(): WorkerNumber {
    let value = 1;
    while (this.#taken.has(value)) value += 1;
    this.#taken.add(value);
    return {
      value,
      [Symbol.dispose]: () => {
        this.#taken.delete(value);
      },
    };
  }
}
