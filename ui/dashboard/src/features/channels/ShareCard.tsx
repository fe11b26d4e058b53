import { Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { IconDownload, IconExternalLink } from "@tabler/icons-react";
import { QRCodeCanvas, QRCodeSVG } from "qrcode.react";
import { useRef } from "react";
import { CopyField } from "@/components/CopyField";
import classes from "./channels.module.css";

const PNG_SIZE = 1024;

function saveAs(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** The link of a hosted page, as text and as a code to print. */
export function ShareCard({ url, name }: { url: string; name: string }) {
  const svg = useRef<SVGSVGElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  return (
    <Paper withBorder radius="lg" p="md" component="section" aria-label="Share it">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h6">
          Share it
        </Title>
        <Button
          size="xs"
          variant="default"
          component="a"
          href={url}
          target="_blank"
          rel="noopener"
          leftSection={<IconExternalLink size={14} aria-hidden />}
        >
          Open the page
        </Button>
      </Group>
      <Stack gap="md">
        <CopyField label="Public link" value={url} testId="public-url" />
        <Group align="center" gap="lg">
          <div className={classes.qr}>
            <QRCodeSVG ref={svg} value={url} size={168} level="M" marginSize={2} title={`QR code of ${url}`} data-testid="qr-code" />
            <QRCodeCanvas ref={canvas} value={url} size={PNG_SIZE} level="M" marginSize={4} hidden aria-hidden />
          </div>
          <Stack gap="xs" flex="1 1 180px" align="flex-start">
            <Text size="sm" c="dimmed">
              For posters, receipts and shop windows: a phone's camera opens the page.
            </Text>
            <Group gap="xs">
              <Button
                size="xs"
                variant="default"
                leftSection={<IconDownload size={14} aria-hidden />}
                data-testid="qr-svg"
                onClick={() => {
                  const drawn = svg.current?.cloneNode(true) as SVGSVGElement | undefined;
                  drawn?.setAttribute("xmlns", "http://www.w3.org/2000/svg");
                  if (drawn) saveAs(`${name}.svg`, new Blob([drawn.outerHTML], { type: "image/svg+xml" }));
                }}
              >
                SVG
              </Button>
              <Button
                size="xs"
                variant="default"
                leftSection={<IconDownload size={14} aria-hidden />}
                data-testid="qr-png"
                onClick={() => canvas.current?.toBlob((image) => image && saveAs(`${name}.png`, image))}
              >
                PNG
              </Button>
            </Group>
          </Stack>
        </Group>
      </Stack>
    </Paper>
  );
}
