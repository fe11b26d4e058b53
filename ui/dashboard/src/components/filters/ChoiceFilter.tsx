import { Button, CloseButton, Combobox, useCombobox } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { useState } from "react";
import type { Choice } from "./FilterBar";
import classes from "./filters.module.css";

interface ChoiceFilterProps {
  label: string;
  choices: readonly Choice[];
  isSearched: boolean;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

/** A pill that says which filter it is, and once chosen, its value. */
export function ChoiceFilter({ label, choices, isSearched, value, onChange }: ChoiceFilterProps) {
  const [search, setSearch] = useState("");
  const box = useCombobox({
    onDropdownClose: () => {
      box.resetSelectedOption();
      box.focusTarget();
      setSearch("");
    },
    onDropdownOpen: () => {
      if (isSearched) box.focusSearchInput();
      else box.updateSelectedOptionIndex("active");
    },
  });
  const chosen = choices.find((choice) => choice.value === value);
  const isSet = value !== undefined;
  const found = choices.filter((choice) => choice.label.toLowerCase().includes(search.trim().toLowerCase()));
  return (
    <span className={classes.pill} data-set={isSet || undefined}>
      <Combobox
        store={box}
        width={240}
        position="bottom-start"
        onOptionSubmit={(next) => {
          onChange(next === value ? undefined : next);
          box.closeDropdown();
        }}
      >
        <Combobox.Target targetType="button">
          <Button
            size="compact-md"
            radius="xl"
            fw={500}
            fz="sm"
            variant={isSet ? "light" : "default"}
            rightSection={!isSet && <IconChevronDown size={14} aria-hidden />}
            onClick={() => box.toggleDropdown()}
            aria-label={isSet ? `${label}: ${chosen?.label ?? value}` : label}
            pe={isSet ? 30 : undefined}
          >
            {isSet ? `${label}: ${chosen?.label ?? value}` : label}
          </Button>
        </Combobox.Target>
        <Combobox.Dropdown>
          {isSearched && (
            <Combobox.Search
              value={search}
              onChange={(event) => setSearch(event.currentTarget.value)}
              placeholder="Search"
              aria-label={`Search ${label}`}
            />
          )}
          <Combobox.Options mah={280} style={{ overflowY: "auto" }} aria-label={label}>
            {found.map((choice) => (
              <Combobox.Option key={choice.value} value={choice.value} active={choice.value === value}>
                {choice.label}
              </Combobox.Option>
            ))}
            {found.length === 0 && <Combobox.Empty>Nothing found</Combobox.Empty>}
          </Combobox.Options>
        </Combobox.Dropdown>
      </Combobox>
      {isSet && (
        <CloseButton className={classes.remove} size="xs" aria-label={`Remove the filter ${label}`} onClick={() => onChange(undefined)} />
      )}
    </span>
  );
}
