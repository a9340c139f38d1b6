/** An answer that is not what was asked for, with the server's own words. */
export class AnswerError extends Error {}

/**
 * Fetch from our own server.
 * @param {string} address
 * @param {'json'|'arrayBuffer'} kind
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function ask(address, kind, signal) {
  const answer = await fetch(address, { signal });
  if (!answer.ok) throw new AnswerError(await reason(answer));
  return answer[kind]();
}

/** @param {Response} answer */
async function reason(answer) {
  try {
    const problem = await answer.json();
    const words = [problem.message ?? problem.detail ?? problem.title, problem.remedy];
    return words.filter((part) => typeof part === 'string' && part).join('. ');
  } catch {
    return `The server answered ${answer.status}`;
  }
}
