import { IsNotEmpty } from 'class-validator';

export class NewNote {
  @IsNotEmpty()
  text!: string;
}

export interface Note extends NewNote {
  id: number;
}
