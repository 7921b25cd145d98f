/** Actions one after the other, in the order in which they were asked for; one that fails does not keep the next ones. */
export class Sequence {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(action: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(action);
    this.#last = turn.catch(() => {});
    return turn;
  }
}
