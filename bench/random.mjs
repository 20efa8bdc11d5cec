const WORDS = (
  'the of and to in is that for it with as was on be at by this have from or one had not but what all were when we there can an your which their ' +
  'lesson homework chapter exercise question answer teacher student parent piano violin guitar theory practice rhythm melody harmony scale chord ' +
  'please remember before after tomorrow yesterday monday tuesday wednesday thursday friday morning evening minutes hours week month term year ' +
  'room building concert rehearsal recital exam result progress improve listen repeat slowly carefully together again better great difficult easy ' +
  'payment invoice reminder account address telephone change cancel move confirm attend absent late reason holiday illness travel family ' +
  'written reading spelling grammar vocabulary fraction equation geometry experiment history geography language drawing computer science sport ' +
  'würde für schön größer Übung déjà élève naïve señor mañana 日本語 привет'
).split(' ');

/** Repeatable randomness: the same seed gives the same workload on every machine. */
export class Random {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0 || 1;
    for (let round = 0; round < 8; round++) this.next(); // seeds that lie close together must not begin alike
  }

  /** 32 bits of an xorshift generator. */
  next() {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (this.#state = state >>> 0);
  }

  fraction() {
    return this.next() / 2 ** 32;
  }

  /** A whole number from 0 to `below` - 1. */
  below(below) {
    return Math.floor(this.fraction() * below);
  }

  between(least, most) {
    return least + this.below(most - least + 1);
  }

  chance(probability) {
    return this.fraction() < probability;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  /** Mostly English, now and then a word outside ASCII. */
  words(least, most) {
    let text = this.pick(WORDS);
    for (let left = this.between(least, most); left > 1; left--) text += ` ${this.pick(WORDS)}`;
    return text;
  }

  /** Letters and digits that do not compress, as tokens and hashes are. */
  token(length) {
    let text = '';
    while (text.length < length) text += this.next().toString(36).padStart(7, '0');
    return text.slice(0, length);
  }

  bytes(target) {
    for (let at = 0; at < target.length; at++) target[at] = this.next();
    return target;
  }
}
