// Measures @nucypher/umbral-pre at what bench/pre.go measures of pkg/pre, and prints operations per second of processor time.
import * as umbral from '@nucypher/umbral-pre';

const owner = umbral.SecretKey.random();
const reader = umbral.SecretKey.random();
const signer = new umbral.Signer(umbral.SecretKey.random());
const secret = new Uint8Array(32).fill(7);
const [capsule, ciphertext] = umbral.encrypt(owner.publicKey(), secret);
const shares = umbral.generateKFrags(owner, reader.publicKey(), signer, 3, 5, true, true);
const answers = shares.slice(0, 3).map((s) => umbral.reencrypt(capsule, s).toBytes());

const check = (bytes) => umbral.CapsuleFrag.fromBytes(bytes)
  .verify(capsule, signer.verifyingKey(), owner.publicKey(), reader.publicKey());

const open = () => {
  const verified = answers.map(check);
  const opened = umbral.decryptReencrypted(reader, owner.publicKey(), capsule, verified, ciphertext);
  if (Buffer.compare(opened, secret) !== 0) throw new Error('it did not open');
};

const rate = (work) => {
  const spent = () => { const u = process.cpuUsage(); return (u.user + u.system) / 1e6; };
  for (let i = 0; i < 20; i++) work();
  const begun = spent();
  let n = 0;
  while (spent() - begun < 0.3) { for (let i = 0; i < 10; i++) work(); n += 10; }
  return n / (spent() - begun);
};

console.log(JSON.stringify({
  reencrypt: rate(() => umbral.reencrypt(capsule, shares[0])),
  verify: rate(() => check(answers[0])),
  open: rate(open),
}));
