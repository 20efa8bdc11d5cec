import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { Account } from '../access/account.js';
import type { Role } from '../access/role.js';

@Entity('users')
export class User {
  @PrimaryGeneratedColumn()
  id!: number;

  /** As `normaliseEmail` spells it. */
  @Column({ type: 'varchar', unique: true })
  email!: string;

  @Column({ type: 'varchar' })
  name!: string;

  @Column({ type: 'varchar' })
  role!: Role;

  @Column({ type: 'varchar', name: 'password_hash' })
  passwordHash!: string;

  /** Of the type that the database has for a moment; the migration names it. */
  @Column({ name: 'created_at' })
  createdAt!: Date;
}

/** What may leave the server. */
export const accountOf = ({ id, email, name, role }: User): Account => ({ id, email, name, role });
