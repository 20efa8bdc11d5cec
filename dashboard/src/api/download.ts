import { ApiError } from './api-error.js';
import { send } from './client.js';
import { fileName } from './file-name.js';
import { apiUrl } from './served-as.js';

/** Fetches a file as the person who is signed in, which a plain link cannot, and hands it to the browser. @param path as the API documents it */
export async function download(path: string, fallbackName: string): Promise<void> {
  const response = await send(new Request(apiUrl(path)));
  if (!response.ok) throw ApiError.of(response.status, await response.json().catch(() => null));
  const url = URL.createObjectURL(await wholeBody(response));
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName(response.headers.get('Content-Disposition')) ?? fallbackName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser has to have begun by then
}

/** A stream that breaks halfway must not become a file that looks complete. */
async function wholeBody(response: Response): Promise<Blob> {
  try {
    return await response.blob();
  } catch (error) {
    throw ApiError.unreachable(error);
  }
}
