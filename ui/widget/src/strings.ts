/** Every text of the recorder. A further language is one more table of the same shape. */
const en = {
  launcher: "Leave a voice message",
  dialogLabel: "Voice message",
  close: "Close",
  loading: "Loading…",

  emailTitle: "First, your email",
  emailIntro: "We send a 6-digit code to make sure the reply reaches you.",
  emailLabel: "Email address",
  emailPlaceholder: "you@example.com",
  emailConsent:
    "When you send a message, {name} receives your recording, an automatic transcript of it and your email address.",
  emailSubmit: "Send code",
  emailSending: "Sending…",
  emailInvalid: "Please enter an email address like you@example.com.",

  codeTitle: "Check your email",
  codeIntro: "We sent a 6-digit code to {email}. It is valid for 10 minutes.",
  codeLabel: "6-digit code",
  codeSubmit: "Confirm",
  codeChecking: "Checking…",
  codeIncomplete: "The code has 6 digits.",
  codeWrong: "That code is not right. {tries} left.",
  codeWrongNoCount: "That code is not right.",
  tryOne: "1 try",
  tryMany: "{count} tries",
  codeVoid: "That code no longer works. Ask for a new one.",
  codeResend: "Send a new code",
  codeResendIn: "New code in {seconds} s",
  codeResent: "A new code is on its way.",
  changeEmail: "Use another address",

  readyTitle: "Record your message",
  readyIntro: "Speak up to {limit}. You can listen before you send.",
  sendingAs: "Sending as {email}",
  notYou: "Not you?",
  record: "Start recording",
  uploadInstead: "Upload an audio file instead",
  uploadTitle: "Upload an audio file",
  uploadHint: "Up to {limit} and 25 MB.",
  chooseFile: "Choose a file",

  requestingTitle: "Allow the microphone",
  requestingIntro: "Your browser is asking for permission to record.",
  cancel: "Cancel",

  recordingTitle: "Recording",
  recordingRemaining: "{time} left",
  recordingLimit: "of {limit}",
  stop: "Stop",
  discard: "Discard",
  silent: "We cannot hear anything yet. Is the right microphone selected?",

  reviewTitle: "Ready to send?",
  reviewLimit: "The time limit was reached. Listen and send, or record again.",
  reviewRestored: "This recording was not sent yet. It was kept in this browser.",
  play: "Play",
  pause: "Pause",
  position: "Playback position",
  send: "Send message",
  again: "Record again",
  removeFile: "Remove file",
  cannotPlay: "This browser cannot play the file, but you can still send it.",

  sendingTitle: "Sending…",
  sendingProgress: "{percent} % sent",
  sendingStoring: "Almost done…",

  doneTitle: "Message sent",
  doneIntro: "Thank you. {name} has your message and can reply to {email}.",
  another: "Record another message",

  noMicrophone: "No microphone was found. Connect one and try again, or upload an audio file.",
  permissionRefused:
    "The microphone is blocked for this page. Allow it in the address bar of your browser and try again, or upload an audio file.",
  microphoneBusy: "Another program is using the microphone. Close it and try again, or upload an audio file.",
  recorderFailed: "The recording stopped unexpectedly. Try again, or upload an audio file.",
  insecure: "Browsers only record on secure (https) pages. You can upload an audio file.",
  unsupported: "This browser cannot record sound. You can upload an audio file.",
  emptyRecording: "Nothing was recorded. Please try again.",

  failedTitle: "Not sent yet",
  failedNetwork: "The connection was lost. Your recording is safe in this browser and will be sent when you are back online.",
  failedServer: "Something went wrong on our side. Your recording is safe in this browser; please try again in a moment.",
  failedBusy: "There are many messages right now. Your recording is safe in this browser; please try again in a minute.",
  failedTooLong: "This recording is longer than {limit}. Please record a shorter one.",
  failedTooLarge: "This file is larger than 25 MB. Please choose a smaller one.",
  failedNotAudio: "This file is not a sound recording that we can read. Please choose another.",
  failedEmpty: "This recording is empty. Please record again.",
  failedRefused: "This message was not accepted. Please record again.",
  sendAgain: "Send again",
  verifyAgain: "Please confirm your email again. Your recording is kept.",

  closedTitle: "Not taking messages",
  closedIntro: "{name} is not taking voice messages here at the moment.",
  missingTitle: "Nothing here",
  missingIntro: "This recording page does not exist.",
  originIntro: "Voice messages are not enabled for this website.",
  offlineTitle: "No connection",
  offlineIntro: "The recorder could not be loaded. Check your connection and try again.",
  serverTitle: "Something went wrong",
  serverIntro: "The recorder is not available right now. Please try again in a moment.",
  retry: "Try again",

  tooManyCodes: "Too many codes were asked for. Please try again later.",
  requestFailed: "That did not work. Check your connection and try again.",

  sayRecording: "Recording started",
  sayRemaining: "{seconds} seconds left",
  sayStopped: "Recording stopped, {time}",
  minuteOne: "1 minute",
  minuteMany: "{count} minutes",
  secondMany: "{count} seconds",
  theCompany: "the owner of this page",
};

export type Strings = typeof en;
export type StringKey = keyof Strings;

const tables: Record<string, Strings> = { en };

export type Translate = (key: StringKey, values?: Record<string, string | number>) => string;

export function translator(language: string): Translate {
  const table = tables[language.slice(0, 2).toLowerCase()] ?? en;
  return (key, values = {}) => table[key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

export function languageOf(element: Element): string {
  const tagged = element.closest("[lang]")?.getAttribute("lang");
  return tagged || navigator.language || "en";
}

/** 75 -> "1:15" */
export function clockTime(milliseconds: number): string {
  const total = Math.max(0, Math.floor(milliseconds / 1000));
  return `${Math.floor(total / 60)}:${String(total % 60).padStart(2, "0")}`;
}

/** 300 -> "5 minutes" */
export function spokenLimit(t: Translate, seconds: number): string {
  if (seconds % 60 !== 0) return t("secondMany", { count: seconds });
  return seconds === 60 ? t("minuteOne") : t("minuteMany", { count: seconds / 60 });
}
