import { Radio, Stack } from "@mantine/core";
import type { Role } from "@/api/people";
import { roleNames, rolesUpTo, roleTexts } from "./roles";

interface RoleRadioProps {
  /** The role of the one who gives it. */
  own: Role;
  value: Role;
  onChange: (role: Role) => void;
  error?: React.ReactNode;
}

export function RoleRadio({ own, value, onChange, error }: RoleRadioProps) {
  return (
    <Radio.Group label="Role" value={value} onChange={(role) => onChange(role as Role)} error={error}>
      <Stack gap="xs" mt={6}>
        {rolesUpTo(own).map((role) => (
          <Radio key={role} value={role} label={roleNames[role]} description={roleTexts[role]} />
        ))}
      </Stack>
    </Radio.Group>
  );
}
