import { Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { simulatedNumbersQuery } from "@/api/simulator";
import { phoneText } from "@/format";

interface OwnNumberProps {
  value: string;
  onChange: (phone: string) => void;
  error?: string | undefined;
}

/** One of the account's simulated numbers. */
export function OwnNumber({ value, onChange, error }: OwnNumberProps) {
  const { data: numbers = [] } = useQuery(simulatedNumbersQuery);
  if (numbers.length === 0) {
    return (
      <TextInput
        label="Your number"
        type="tel"
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        error={error}
        data-testid="own-number"
      />
    );
  }
  return (
    <Select
      label="Your number"
      allowDeselect={false}
      data={numbers.map(({ phone_number: phone, label }) => ({
        value: phone,
        label: label ? `${phoneText(phone)} · ${label}` : phoneText(phone),
      }))}
      value={value || (numbers[0]?.phone_number ?? null)}
      onChange={(phone) => phone && onChange(phone)}
      error={error}
      data-testid="own-number"
    />
  );
}
