import classes from "./shell.module.css";

export function Logo() {
  return (
    <span className={classes.logo}>
      <img src="/favicon.svg" alt="" width={28} height={28} />
      Antiphon
    </span>
  );
}
