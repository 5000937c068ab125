"""What commands draw: contact sheets, the page of the modality gap; Korean where a font has it."""
