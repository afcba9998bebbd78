// A quantity over the whole session in bounded memory: neighbours are merged as it grows.

const most = 1600;

export class Series {
  private bucketS = 0.25;
  private times: number[] = [];
  private values: (number | null)[] = [];
  private sum = 0;
  private count = 0;
  private bucket = -1;

  get length(): number {
    return this.times.length;
  }

  /** Middle of each bucket in s, and its mean; oldest first. */
  get data(): [number[], (number | null)[]] {
    return [this.times, this.values];
  }

  /** @param timeS never less than before. @param value null where it is not known. */
  add(timeS: number, value: number | null): void {
    const bucket = Math.floor(timeS / this.bucketS);
    if (bucket !== this.bucket) {
      this.bucket = bucket;
      this.sum = 0;
      this.count = 0;
      this.times.push((bucket + 0.5) * this.bucketS);
      this.values.push(null);
    }

    if (value !== null) {
      this.sum += value;
      this.count++;
      this.values[this.values.length - 1] = this.sum / this.count;
    }

    if (this.times.length > most) {
      this.halve();
    }
  }

  clear(): void {
    this.bucketS = 0.25;
    this.times = [];
    this.values = [];
    this.bucket = -1;
  }

  private halve(): void {
    const times = this.times;
    const values = this.values;
    this.bucketS *= 2;
    this.times = [];
    this.values = [];
    this.bucket = -1;
    for (let i = 0; i < times.length; i++) {
      this.add(times[i], values[i]);
    }
  }
}
