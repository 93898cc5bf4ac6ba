import { AppError } from '../../errors.js';

/** The columns of a row of a file. */
export function parseRow<Columns>({ row, line }: Readonly<{ row: string; line: number }>): Columns {
  try {
    return JSON.parse(row) as Columns;
  } catch (error) {
    throw new AppError('invalid_input', `Line ${line} is not JSON.`, { cause: error });
  }
}
