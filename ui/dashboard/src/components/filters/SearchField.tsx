import { CloseButton, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import classes from "./filters.module.css";

const TYPING_MS = 250;

interface SearchFieldProps {
  placeholder: string;
  value: string;
  /** Called once the typing pauses. */
  onChange: (text: string) => void;
}

/** The text search of a list. */
export function SearchField({ placeholder, value, onChange }: SearchFieldProps) {
  const [typed, setTyped] = useState(value);
  const [seen, setSeen] = useState(value);
  // Cleared or changed from elsewhere (the back button).
  if (value !== seen) {
    setSeen(value);
    setTyped(value);
  }
  const later = useDebouncedCallback((text: string) => {
    setSeen(text);
    onChange(text);
  }, TYPING_MS);
  return (
    <TextInput
      type="search"
      className={classes.search}
      placeholder={placeholder}
      aria-label={placeholder}
      leftSection={<IconSearch size={16} aria-hidden />}
      rightSection={
        typed && (
          <CloseButton
            size="sm"
            aria-label="Clear the search"
            onClick={() => {
              setTyped("");
              later("");
            }}
          />
        )
      }
      value={typed}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        later(event.currentTarget.value);
      }}
      data-testid="search"
    />
  );
}
