declare module 'bcrypt' {
  const bcrypt: {
    hash(data: string, rounds: number): Promise<string>;
    compare(data: string, hash: string): Promise<boolean>;
    getRounds(hash: string): number;
  };
  export default bcrypt;
}
